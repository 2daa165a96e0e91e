# The habits of the house: what no compiler and no unit test sees.
if(NOT VALHALLA_PYTHON)
  message(FATAL_ERROR "The tests need python3")
endif()
set(house ${PROJECT_SOURCE_DIR}/tests/house)

add_test(NAME house.include_direction COMMAND ${VALHALLA_PYTHON} ${house}/include_direction.py ${PROJECT_SOURCE_DIR})
add_test(NAME house.include_direction_finds_violations
  COMMAND ${VALHALLA_PYTHON} ${house}/include_direction.py --self-test)
add_test(NAME house.spdx COMMAND ${VALHALLA_PYTHON} ${house}/spdx.py ${PROJECT_SOURCE_DIR})
add_test(NAME house.format COMMAND bash ${house}/format.bash ${PROJECT_SOURCE_DIR})
add_test(NAME house.shell COMMAND bash ${house}/shell.bash ${PROJECT_SOURCE_DIR})
set_tests_properties(house.format house.shell PROPERTIES SKIP_RETURN_CODE 77)

# A source that includes the header of its own name first shows that this header stands alone, once the source is
# compiled by itself (`packaging/run-tests --each-file`). The other headers get a translation unit each for that.
file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/schema/*.hpp ${PROJECT_SOURCE_DIR}/ipc/*.hpp ${PROJECT_SOURCE_DIR}/daemon/*.hpp
  ${PROJECT_SOURCE_DIR}/tests/*.hpp)
set(header_units)
foreach(header ${headers})
  string(REGEX REPLACE "hpp$" "cpp" source ${header})
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${source})
    string(REPLACE "/" "_" unit ${header})
    set(unit ${PROJECT_BINARY_DIR}/tests/house/${unit}.cpp)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n")
    list(APPEND header_units ${unit})
  endif()
endforeach()
add_library(valhalla_headers OBJECT EXCLUDE_FROM_ALL ${header_units})
target_link_libraries(valhalla_headers PRIVATE valhalla_flags valhalla_client Boost::json Boost::unit_test_framework SQLiteCpp
  SQLite::SQLite3 OpenSSL::Crypto fmt::fmt spdlog::spdlog CLI11::CLI11 PkgConfig::tomlplusplus)
set_target_properties(valhalla_headers PROPERTIES UNITY_BUILD OFF)
add_test(NAME house.headers COMMAND ${VALHALLA_PYTHON} ${house}/headers.py ${PROJECT_SOURCE_DIR})
add_test(NAME house.headers_finds_violations COMMAND ${VALHALLA_PYTHON} ${house}/headers.py --self-test)

set_tests_properties(house.include_direction house.include_direction_finds_violations house.spdx house.format
  house.shell house.headers house.headers_finds_violations PROPERTIES LABELS house)
