# The client library: what valhallactl talks with, and what other programs install (`cmake --install … --component client`).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# One struct for each method, from the daemon's own table.
add_executable(valhalla-write-methods client/generate/main.cpp client/generate/type_writer.cpp)
target_link_libraries(valhalla-write-methods PRIVATE valhalla_api)
target_compile_options(valhalla-write-methods PRIVATE -O1) # it runs once, and the build waits for it
set(client_generated ${PROJECT_BINARY_DIR}/generated/client)
file(MAKE_DIRECTORY ${client_generated}/valhalla)
add_custom_command(
  OUTPUT ${client_generated}/valhalla/methods.hpp ${client_generated}/methods.cpp
  COMMAND valhalla-write-methods ${client_generated}/valhalla/methods.hpp ${client_generated}/methods.cpp
  DEPENDS valhalla-write-methods VERBATIM COMMENT "Writing the typed methods of the client library")

# Knows neither Asio nor fmt: <valhalla/async_client.hpp> is compiled by its users, with their Asio.
add_library(valhalla_client STATIC
  $<TARGET_OBJECTS:valhalla_json>
  client/client.cpp
  client/codec.cpp
  client/line_socket.cpp
  client/messages.cpp
  ${client_generated}/methods.cpp
  ${client_generated}/valhalla/methods.hpp)
target_link_libraries(valhalla_client PUBLIC Boost::headers Boost::json PRIVATE $<BUILD_INTERFACE:valhalla_flags>)
target_include_directories(valhalla_client PUBLIC
  $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/client> $<BUILD_INTERFACE:${client_generated}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(valhalla_client PUBLIC cxx_std_20)
set_target_properties(valhalla_client PROPERTIES
  OUTPUT_NAME valhalla-client EXPORT_NAME client POSITION_INDEPENDENT_CODE ON)
set_target_properties(valhalla_json PROPERTIES POSITION_INDEPENDENT_CODE ON)

set(client_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ValhallaClient)
configure_package_config_file(client/cmake/ValhallaClientConfig.cmake.in
  ${client_generated}/ValhallaClientConfig.cmake INSTALL_DESTINATION ${client_config_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${client_generated}/ValhallaClientConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
  OUTPUT_VARIABLE client_prefix_from_pc)
configure_file(client/cmake/valhalla-client.pc.in ${client_generated}/valhalla-client.pc @ONLY)

install(TARGETS valhalla_client EXPORT ValhallaClient ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(DIRECTORY client/valhalla DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client
  FILES_MATCHING PATTERN "*.hpp")
install(FILES ${client_generated}/valhalla/methods.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/valhalla COMPONENT client)
install(EXPORT ValhallaClient NAMESPACE Valhalla:: FILE ValhallaClientTargets.cmake
  DESTINATION ${client_config_dir} COMPONENT client)
install(FILES ${client_generated}/ValhallaClientConfig.cmake ${client_generated}/ValhallaClientConfigVersion.cmake
  DESTINATION ${client_config_dir} COMPONENT client)
install(FILES ${client_generated}/valhalla-client.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT client)
