# The rules: values in, values out. No SQLite, no sockets, no clock, no files.
add_library(valhalla_governor STATIC
  governor/canon.cpp
  governor/checklist.cpp
  governor/decide.cpp
  governor/decide_access.cpp
  governor/decide_import.cpp
  governor/decide_sessions.cpp
  governor/decide_thresholds.cpp
  governor/decide_witness.cpp
  governor/evolve.cpp
  governor/execute.cpp
  governor/execute_all.cpp
  governor/health.cpp
  governor/nearest_names.cpp
  governor/playbook.cpp
  governor/record_bound.cpp
  governor/sentence.cpp
  governor/session_book.cpp
  governor/state.cpp)
target_link_libraries(valhalla_governor PUBLIC valhalla_base valhalla_model valhalla_proof valhalla_flags)

# The files that rules come from, and the ones that are built in.
set(policy_toml ${PROJECT_SOURCE_DIR}/packaging/policy.toml)
set(playbook_toml ${PROJECT_SOURCE_DIR}/packaging/playbook.toml)
file(READ ${policy_toml} VALHALLA_POLICY_TEXT)
file(READ ${playbook_toml} VALHALLA_PLAYBOOK_TEXT)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${policy_toml} ${playbook_toml})
configure_file(built_in_rules.cpp.in ${PROJECT_BINARY_DIR}/generated/daemon/built_in_rules.cpp @ONLY)

add_library(valhalla_policy STATIC
  playbook_file.cpp
  policy_file.cpp
  toml_reader.cpp
  ${PROJECT_BINARY_DIR}/generated/daemon/built_in_rules.cpp)
target_link_libraries(valhalla_policy PUBLIC valhalla_governor valhalla_service valhalla_flags PkgConfig::tomlplusplus
  PRIVATE OpenSSL::Crypto)
