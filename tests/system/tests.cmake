# The real programs over the real socket: each test_*.py is one test.
# valhalla_system_test(<file> …) runs it with the programs' paths in its environment.
function(valhalla_system_test file label timeout_s)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "^test_" "${label}." name ${name})
  add_test(NAME ${name} COMMAND ${VALHALLA_PYTHON} -B ${file})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout_s} SKIP_RETURN_CODE 77 ENVIRONMENT
    "VALHALLA_GO_VERIFIER=${go_verifier};VALHALLA_WALL_CLOCK=$<TARGET_FILE:valhalla_wall_clock>;VALHALLA_DISK_FAULTS=$<TARGET_FILE:valhalla_disk_faults>;VALHALLAD=$<TARGET_FILE:valhallad>;VALHALLA_SANITIZED=${VALHALLA_SANITIZE};VALHALLACTL=$<TARGET_FILE:valhallactl>;VALHALLA_GATEWAY=$<TARGET_FILE:valhalla-gateway>;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/system")
endfunction()

# The verifier in Go, from Debian's packages alone: no module is fetched.
find_program(VALHALLA_GO NAMES go)
if(VALHALLA_GO AND EXISTS /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog)
  set(go_verifier ${PROJECT_BINARY_DIR}/tests/verify-with-go)
  set(go_source ${PROJECT_SOURCE_DIR}/tests/independent/verify.go)
  add_custom_command(OUTPUT ${go_verifier} DEPENDS ${go_source} VERBATIM COMMENT "Building the verifier in Go"
    COMMAND ${CMAKE_COMMAND} -E env GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOPROXY=off CGO_ENABLED=0
            GOCACHE=${PROJECT_BINARY_DIR}/go-cache ${VALHALLA_GO} build -o ${go_verifier} ${go_source})
  add_custom_target(verify_with_go ALL DEPENDS ${go_verifier})
endif()

# The wall clock of a program under test.
add_library(valhalla_wall_clock MODULE ${PROJECT_SOURCE_DIR}/tests/system/wall_clock.c)
target_link_libraries(valhalla_wall_clock PRIVATE ${CMAKE_DL_LIBS})
target_compile_definitions(valhalla_wall_clock PRIVATE _GNU_SOURCE)  # RTLD_NEXT
set_target_properties(valhalla_wall_clock PROPERTIES UNITY_BUILD OFF)
# A disk under test that loses writes.
add_library(valhalla_disk_faults MODULE ${PROJECT_SOURCE_DIR}/tests/system/disk_faults.c)
target_link_libraries(valhalla_disk_faults PRIVATE ${CMAKE_DL_LIBS})
target_compile_definitions(valhalla_disk_faults PRIVATE _GNU_SOURCE)
set_target_properties(valhalla_disk_faults PROPERTIES UNITY_BUILD OFF)

if(TARGET valhallad AND TARGET valhallactl AND TARGET valhalla-gateway)
  file(GLOB system_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/system/test_*.py)
  if(VALHALLA_SANITIZE)  # sanitizers make system calls of their own
    list(FILTER system_tests EXCLUDE REGEX "test_syscall_filter")
  endif()
  foreach(file ${system_tests})
    # Far more than any takes here, for slow machines and sanitizers.
    valhalla_system_test(${file} system 900)
  endforeach()
  set_tests_properties(system.independent PROPERTIES TIMEOUT 1800)
  if(NOT VALHALLA_SANITIZE)
    set_tests_properties(system.syscall_filter PROPERTIES TIMEOUT 1800)
  endif()
endif()
