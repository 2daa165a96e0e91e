# valhalla-gateway. All of it is in a library, so that tests can try its parts.
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
add_library(valhalla_http STATIC
  $<TARGET_OBJECTS:valhalla_json>
  asio_impl.cpp
  http/allowed.cpp
  http/call_params.cpp
  http/client_socket.cpp
  http/config_file.cpp
  http/connection.cpp
  http/connection_output.cpp
  http/daemon_reach.cpp
  http/event_hub.cpp
  http/export_archive.cpp
  http/gateway.cpp
  http/gateway_calls.cpp
  http/gateway_login.cpp
  http/gateway_trail.cpp
  http/health_probe.cpp
  http/identity.cpp
  http/json_members.cpp
  http/key_ring.cpp
  http/logins.cpp
  http/memory_bound.cpp
  http/openapi.cpp
  http/options.cpp
  http/refusal.cpp
  http/request.cpp
  http/response.cpp
  http/route.cpp
  http/route_table.cpp
  http/server.cpp
  http/sha256.cpp
  http/shape_schemas.cpp
  http/shapes.cpp
  http/tar_writer.cpp
  http/target.cpp
  http/tlog.cpp
  http/tls.cpp
  http/tls_session.cpp
  http/upstream.cpp
  http/upstream_answers.cpp)
target_link_libraries(valhalla_http PUBLIC valhalla_service valhalla_flags Boost::headers OpenSSL::SSL ZLIB::ZLIB
  PRIVATE CLI11::CLI11 LibArchive::LibArchive)
target_compile_definitions(valhalla_http PRIVATE VALHALLA_GATEWAY_VERSION="${PROJECT_VERSION}")

add_executable(valhalla-gateway http/main.cpp)
target_link_libraries(valhalla-gateway PRIVATE valhalla_http valhalla_base)
set_target_properties(valhalla-gateway PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
