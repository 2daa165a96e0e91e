# valhallactl. All of it is in a library, so that tests can run commands against canned answers.
add_library(valhalla_ctl STATIC
  ctl/access_commands.cpp
  ctl/audit_commands.cpp
  ctl/audit_follow.cpp
  ctl/audit_list.cpp
  ctl/audit_prove.cpp
  ctl/audit_tiles.cpp
  ctl/audit_verify.cpp
  ctl/audit_view.cpp
  ctl/audit_witness.cpp
  ctl/backup_commands.cpp
  ctl/bundle_directory.cpp
  ctl/call_command.cpp
  ctl/checkpoint_note.cpp
  ctl/child_process.cpp
  ctl/command_line.cpp
  ctl/completion.cpp
  ctl/cone_commands.cpp
  ctl/context.cpp
  ctl/describe_command.cpp
  ctl/directory_kind.cpp
  ctl/export_command.cpp
  ctl/files.cpp
  ctl/follow_link.cpp
  ctl/go_commands.cpp
  ctl/health_commands.cpp
  ctl/held_checkpoint.cpp
  ctl/import_command.cpp
  ctl/json_span.cpp
  ctl/link.cpp
  ctl/method_page.cpp
  ctl/method_reference.cpp
  ctl/method_words.cpp
  ctl/metrics_command.cpp
  ctl/printer.cpp
  ctl/proof_answer.cpp
  ctl/record_format.cpp
  ctl/record_pages.cpp
  ctl/record_writer.cpp
  ctl/run.cpp
  ctl/session_commands.cpp
  ctl/session_view.cpp
  ctl/status_command.cpp
  ctl/tile_directory.cpp
  ctl/times.cpp
  ctl/trail_names.cpp
  ctl/view.cpp)
target_link_libraries(valhalla_ctl PUBLIC valhalla_flags valhalla_client valhalla_api
  valhalla_proof Boost::json PRIVATE CLI11::CLI11 fmt::fmt)
target_compile_definitions(valhalla_ctl PRIVATE VALHALLACTL_VERSION="${PROJECT_VERSION}")

add_executable(valhallactl ctl/main.cpp ctl/process.cpp)
target_link_libraries(valhallactl PRIVATE valhalla_ctl valhalla_base)
set_target_properties(valhallactl PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
