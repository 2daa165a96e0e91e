# For auditors who trust nobody: databases, exports, tiles, proofs, checked from their bytes alone.
add_library(valhalla_verify STATIC
  verify/checkpoint_book.cpp
  verify/database.cpp
  verify/evidence_file.cpp
  verify/record_chain.cpp
  verify/replay.cpp
  verify/report.cpp)
target_link_libraries(valhalla_verify
  PUBLIC valhalla_schema
  PRIVATE SQLiteCpp SQLite::SQLite3 fmt::fmt)
