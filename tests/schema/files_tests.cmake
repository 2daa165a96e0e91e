valhalla_test(schema_model_test
  SOURCES
    schema/base/printable_test.cpp
    schema/base/wrapped_text_test.cpp
    schema/json_value_test.cpp
    schema/json_writer_test.cpp
    schema/model_samples.cpp
    schema/record_scan_test.cpp
    schema/record_test.cpp
    schema/render_test.cpp
    schema/thresholds_test.cpp
    schema/time_test.cpp
  LIBS valhalla_base valhalla_model Boost::json
  LABELS schema)

valhalla_test(schema_files_test
  SOURCES
    schema/atomic_file_test.cpp
    schema/backup_dir_test.cpp
    schema/directory_draft_test.cpp
    schema/export_render_test.cpp
    schema/import_fixture.cpp
    schema/import_history_test.cpp
    schema/import_test.cpp
    schema/round_trip_test.cpp
    schema/signing_key_file_test.cpp
  LIBS valhalla_schema Boost::json
  LABELS schema)
