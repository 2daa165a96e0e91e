valhalla_test(ipc_wire_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/buffer_budget_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/json_reader_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/json_reader_random_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/line_buffer_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/method_table_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/params_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/rate_limiter_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/request_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/words_test.cpp
  LIBS valhalla_ipc
  LABELS ipc)

valhalla_test(ipc_server_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/batch_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/client_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/identity_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/key_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/order_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/server_limits_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/server_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/socket_path_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/traffic_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/wire_fixture.cpp
  LIBS valhalla_ipc valhalla_client
  LABELS ipc)

valhalla_test(ipc_client_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/client/async_client_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/client/reconnect_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/client/typed_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/ctl/scripted_socket.cpp
    ${CMAKE_CURRENT_LIST_DIR}/wire_fixture.cpp
  LIBS valhalla_ipc valhalla_client
  LABELS ipc)

include(${CMAKE_CURRENT_LIST_DIR}/ctl_tests.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/http_tests.cmake)
