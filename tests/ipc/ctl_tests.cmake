# valhallactl against canned answers; nothing here needs a daemon.
valhalla_test(ipc_ctl_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/ctl/audit_follow_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/audit_format_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/audit_proof_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/audit_tiles_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/audit_verify_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/command_line_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/completion_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/describe_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/export_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/fake_log.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/import_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/link_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/outcome_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/screen_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/scripted_socket.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/request_key_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/restore_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/silence_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/stage.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/times_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/tree_test.cpp
  LIBS valhalla_ctl valhalla_ipc Boost::json fmt::fmt
  LABELS ipc)
