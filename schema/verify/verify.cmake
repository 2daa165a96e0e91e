# For auditors who trust nobody: databases, exports, tiles, proofs, checked from their bytes alone.
add_library(valhalla_verify STATIC
  verify/checkpoint_book.cpp
  verify/database.cpp
  verify/evidence_file.cpp
  verify/export.cpp
  verify/log.cpp
  verify/proof.cpp
  verify/record_chain.cpp
  verify/replay.cpp
  verify/report.cpp
  verify/tiles.cpp
  verify/verify.cpp)
target_link_libraries(valhalla_verify
  PUBLIC valhalla_schema
  PRIVATE valhalla_base SQLiteCpp SQLite::SQLite3 fmt::fmt)

# The name on the disk is the one that people type.
add_executable(valhalla-verify verify/main.cpp)
target_compile_definitions(valhalla-verify PRIVATE VALHALLA_VERIFY_VERSION="${PROJECT_VERSION}")
target_link_libraries(valhalla-verify PRIVATE valhalla_verify valhalla_base valhalla_flags CLI11::CLI11 fmt::fmt)
set_target_properties(valhalla-verify PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
