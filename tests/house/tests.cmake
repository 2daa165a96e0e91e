# The habits of the house: what no compiler and no unit test sees.
find_program(VALHALLA_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(VALHALLA_PYTHON NAMES python3 REQUIRED)
set(house ${PROJECT_SOURCE_DIR}/tests/house)

add_test(NAME house.include_direction COMMAND ${VALHALLA_PYTHON} ${house}/include_direction.py ${PROJECT_SOURCE_DIR})
add_test(NAME house.include_direction_finds_violations
  COMMAND ${VALHALLA_PYTHON} ${house}/include_direction.py --self-test)
add_test(NAME house.spdx COMMAND ${VALHALLA_PYTHON} ${house}/spdx.py ${PROJECT_SOURCE_DIR})
add_test(NAME house.format COMMAND bash ${house}/format.bash ${PROJECT_SOURCE_DIR})
add_test(NAME house.shell COMMAND bash ${house}/shell.bash ${PROJECT_SOURCE_DIR})
set_tests_properties(house.format house.shell PROPERTIES SKIP_RETURN_CODE 77)

# Each header compiles alone, and twice: one translation unit a header, with the flags of the build, no precompiled
# header. Built by the test and not by `all`, so that a header that leans on another one is a failing test.
file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/schema/*.hpp ${PROJECT_SOURCE_DIR}/ipc/*.hpp ${PROJECT_SOURCE_DIR}/daemon/*.hpp
  ${PROJECT_SOURCE_DIR}/tests/*.hpp)
set(header_units)
foreach(header ${headers})
  string(REPLACE "/" "_" unit ${header})
  set(unit ${PROJECT_BINARY_DIR}/tests/house/${unit}.cpp)
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
  list(APPEND header_units ${unit})
endforeach()
add_library(valhalla_headers OBJECT EXCLUDE_FROM_ALL ${header_units})
target_link_libraries(valhalla_headers PRIVATE valhalla_flags valhalla_client Boost::json Boost::unit_test_framework SQLiteCpp
  SQLite::SQLite3 OpenSSL::Crypto fmt::fmt spdlog::spdlog CLI11::CLI11 PkgConfig::tomlplusplus)
target_compile_options(valhalla_headers PRIVATE -O0 -g0)
set_target_properties(valhalla_headers PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
add_test(NAME house.headers_compile_alone
  COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target valhalla_headers --parallel 2)
set_tests_properties(house.headers_compile_alone PROPERTIES TIMEOUT 900 PROCESSORS 2)

set_tests_properties(house.include_direction house.include_direction_finds_violations house.spdx house.format
  house.shell house.headers_compile_alone PROPERTIES LABELS house)
