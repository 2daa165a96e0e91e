# Measuring, not testing: built with everything so that it stays true, but only the self-test is part of ctest.
add_executable(valhalla-load bench/load.cpp)
target_link_libraries(valhalla-load PRIVATE valhalla_flags CLI11::CLI11 fmt::fmt)

add_executable(valhalla-bench-verify bench/verify_speed.cpp)
target_link_libraries(valhalla-bench-verify PRIVATE valhalla_verify valhalla_policy valhalla_flags CLI11::CLI11 fmt::fmt)

# What the tree and signing cost an append.
add_executable(valhalla-bench-append bench/append_cost.cpp)
target_link_libraries(valhalla-bench-append PRIVATE valhalla_daemon CLI11::CLI11 fmt::fmt SQLiteCpp SQLite::SQLite3)

# What tests/bench/compare holds the daemon against, and the long trail that it measures on.
add_executable(valhalla-bench-sqlite bench/raw_sqlite.cpp)
target_link_libraries(valhalla-bench-sqlite PRIVATE valhalla_schema valhalla_flags CLI11::CLI11 fmt::fmt SQLiteCpp
  SQLite::SQLite3)
add_executable(valhalla-bench-fill bench/fill.cpp)
target_link_libraries(valhalla-bench-fill PRIVATE valhalla_schema valhalla_flags CLI11::CLI11 fmt::fmt)

# Readers of the gateway's event stream, for tests/bench/gateway.
add_executable(valhalla-bench-streams bench/streams.cpp)
target_link_libraries(valhalla-bench-streams PRIVATE valhalla_flags CLI11::CLI11 fmt::fmt)

# Its arithmetic, without measuring anything.
add_test(NAME bench.self_test COMMAND ${VALHALLA_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/bench/self_test.py)
set_tests_properties(bench.self_test PROPERTIES LABELS bench TIMEOUT 60)
