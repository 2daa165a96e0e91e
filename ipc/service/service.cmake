# What the daemon and the gateway have in common as services: configuration files, and systemd.
add_library(valhalla_nearest OBJECT nearest.cpp)
target_link_libraries(valhalla_nearest PRIVATE valhalla_flags)
add_library(valhalla_service STATIC
  $<TARGET_OBJECTS:valhalla_nearest>
  service/file_problem.cpp
  service/service_manager.cpp
  service/settings_file.cpp
  service/toml_shape.cpp)
target_link_libraries(valhalla_service PUBLIC valhalla_flags PkgConfig::tomlplusplus PRIVATE PkgConfig::libsystemd)
