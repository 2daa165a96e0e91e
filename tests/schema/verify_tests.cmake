valhalla_test(schema_verify_test
  SOURCES
    schema/database_copy_test.cpp
    schema/model_samples.cpp
    schema/trail_fixture.cpp
    schema/upgrade_test.cpp
    schema/verify/database_test.cpp
    schema/verify/evidence_fixture.cpp
    schema/verify/page_editor.cpp
    schema/verify/program_test.cpp
    schema/verify/proof_test.cpp
    schema/verify/replay_test.cpp
    schema/verify/structure_test.cpp
    schema/verify/text_trail_test.cpp
    schema/verify/trust_test.cpp
  LIBS valhalla_verify SQLite::SQLite3 SQLiteCpp
  LABELS schema)
target_compile_definitions(schema_verify_test PRIVATE VALHALLA_VERIFY="$<TARGET_FILE:valhalla-verify>")
add_dependencies(schema_verify_test valhalla-verify)

# Some hundreds of damaged files; VALHALLA_MUTANTS=20000 makes it a campaign (AUDIT.md).
valhalla_test(schema_mutants_test
  SOURCES
    schema/model_samples.cpp
    schema/trail_fixture.cpp
    schema/verify/evidence_fixture.cpp
    schema/verify/mutant.cpp
    schema/verify/mutants_test.cpp
    schema/verify/page_editor.cpp
  LIBS valhalla_verify SQLite::SQLite3 SQLiteCpp
  LABELS schema)
