# The examples become part of the program; configuring again when they change.
file(READ api/examples.json VALHALLA_EXAMPLES_TEXT)
configure_file(api/examples.cpp.in ${PROJECT_BINARY_DIR}/generated/ipc/api/examples.cpp @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/api/examples.json)

# What both ends of the socket need. Compiled once; part of both archives, because the client library is installed alone.
add_library(valhalla_json OBJECT
  default_socket.cpp
  json_parts.cpp
  json_reader.cpp
  json_reader_tokens.cpp
  json_text.cpp
  utf8.cpp
  wire_time.cpp)
target_link_libraries(valhalla_json PRIVATE valhalla_flags)

# The table of methods, and what describes it. No sockets.
add_library(valhalla_api STATIC
  $<TARGET_OBJECTS:valhalla_json>
  $<TARGET_OBJECTS:valhalla_nearest>
  call_list.cpp
  errors.cpp
  excerpt.cpp
  method.cpp
  open_rpc.cpp
  params.cpp
  ${PROJECT_BINARY_DIR}/generated/ipc/api/examples.cpp)
target_link_libraries(valhalla_api PUBLIC valhalla_flags valhalla_base fmt::fmt)

# Data in motion. Asio is compiled once, in asio_impl.cpp.
add_library(valhalla_ipc STATIC
  asio_impl.cpp
  connection.cpp
  connection_answers.cpp
  connection_requests.cpp
  line_buffer.cpp
  method_table.cpp
  peer.cpp
  plain_request.cpp
  rate_limiter.cpp
  request.cpp
  socket_path.cpp
  traffic.cpp
  unix_server.cpp)
target_link_libraries(valhalla_ipc PUBLIC valhalla_api valhalla_flags Boost::headers Boost::json fmt::fmt)
# GCC cannot see that Asio's own code runs only where its thread information exists.
set_source_files_properties(asio_impl.cpp PROPERTIES COMPILE_OPTIONS -Wno-null-dereference)
