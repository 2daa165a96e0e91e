valhalla_test(ipc_http_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/http/answers_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/client_socket_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/logins_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/options_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/request_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/routing_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/tar_writer_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/tls_session_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http/upstream_test.cpp
  LIBS valhalla_http
  LABELS ipc)
