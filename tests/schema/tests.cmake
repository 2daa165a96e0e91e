valhalla_test(schema_store_test
  SOURCES
    schema/audit_log_test.cpp
    schema/connection_test.cpp
    schema/ledger_store_test.cpp
    schema/live_export_test.cpp
    schema/proof/merkle_tree_test.cpp
    schema/model_samples.cpp
    schema/reader_test.cpp
    schema/schema_text_test.cpp
    schema/session_tally_test.cpp
    schema/state_dir_test.cpp
    schema/state_watch_test.cpp
    schema/trail_fixture.cpp
    schema/tree_reader_test.cpp
  LIBS valhalla_schema SQLite::SQLite3 SQLiteCpp Boost::json
  LABELS schema)

valhalla_test(schema_proof_test
  SOURCES
    schema/proof/audit_document_test.cpp
    schema/proof/merkle_proof_test.cpp
    schema/proof/signed_note_test.cpp
    schema/proof/tile_path_test.cpp
    schema/proof/tlog_proof_test.cpp
  LIBS valhalla_proof
  LABELS schema)

include(${CMAKE_CURRENT_LIST_DIR}/files_tests.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/verify_tests.cmake)
