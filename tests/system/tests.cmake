# The real programs over the real socket: each test_*.py is one test.
# valhalla_system_test(<file> …) runs it with the programs' paths in its environment.
function(valhalla_system_test file label timeout_s)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "^test_" "${label}." name ${name})
  add_test(NAME ${name} COMMAND ${VALHALLA_PYTHON} -B ${file})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout_s} ENVIRONMENT
    "VALHALLAD=$<TARGET_FILE:valhallad>;VALHALLACTL=$<TARGET_FILE:valhallactl>;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/system")
endfunction()

if(TARGET valhallad AND TARGET valhallactl)
  file(GLOB system_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/system/test_*.py)
  foreach(file ${system_tests})
    valhalla_system_test(${file} system 300)
  endforeach()
endif()
