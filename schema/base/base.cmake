# The ground floor, for everybody: text that is shown, and where; files.
find_package(Python3 COMPONENTS Interpreter REQUIRED)
find_path(VALHALLA_UNICODE_DATA extracted/DerivedGeneralCategory.txt PATHS /usr/share/unicode REQUIRED
  DOC "The Unicode Character Database, as Debian's package unicode-data has it")
set(valhalla_unicode_tables ${PROJECT_BINARY_DIR}/generated/schema/base/unicode_tables.hpp)
add_custom_command(
  OUTPUT ${valhalla_unicode_tables}
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/cmake/unicode_tables.py ${VALHALLA_UNICODE_DATA}
          ${valhalla_unicode_tables}
  DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/unicode_tables.py
          ${VALHALLA_UNICODE_DATA}/extracted/DerivedGeneralCategory.txt
  VERBATIM COMMENT "Writing tables of what is printable and how wide it is")

add_library(valhalla_base STATIC ${valhalla_unicode_tables} base/directory_draft.cpp base/printable.cpp
  base/terminal.cpp base/wrapped_text.cpp)
target_link_libraries(valhalla_base PUBLIC valhalla_flags PRIVATE fmt::fmt)
