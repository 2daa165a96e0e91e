# Measuring, not testing: built on demand, never part of ctest.
add_executable(valhalla-load EXCLUDE_FROM_ALL bench/load.cpp)
target_link_libraries(valhalla-load PRIVATE valhalla_flags CLI11::CLI11 fmt::fmt)

add_executable(valhalla-bench-verify EXCLUDE_FROM_ALL bench/verify_speed.cpp)
target_link_libraries(valhalla-bench-verify PRIVATE valhalla_verify valhalla_flags CLI11::CLI11 fmt::fmt)

# What the tree and signing cost an append.
add_executable(valhalla-bench-append EXCLUDE_FROM_ALL bench/append_cost.cpp)
target_link_libraries(valhalla-bench-append PRIVATE valhalla_daemon CLI11::CLI11 fmt::fmt SQLiteCpp SQLite::SQLite3)

# What SQLite alone does, and a long trail to measure on.
add_executable(valhalla-bench-sqlite EXCLUDE_FROM_ALL bench/raw_sqlite.cpp)
target_link_libraries(valhalla-bench-sqlite PRIVATE valhalla_schema valhalla_flags CLI11::CLI11 fmt::fmt SQLiteCpp
  SQLite::SQLite3)
add_executable(valhalla-bench-fill EXCLUDE_FROM_ALL bench/fill.cpp)
target_link_libraries(valhalla-bench-fill PRIVATE valhalla_schema valhalla_flags CLI11::CLI11 fmt::fmt)
