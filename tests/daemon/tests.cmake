include(${CMAKE_CURRENT_LIST_DIR}/governor_tests.cmake)

valhalla_test(daemon_test
  SOURCES
    daemon/access_control_test.cpp
    daemon/api_keys_test.cpp
    daemon/change_quota_test.cpp
    daemon/clock_test.cpp
    daemon/clock_restart_test.cpp
    daemon/clock_watch_test.cpp
    daemon/config_file_test.cpp
    daemon/config_limits_test.cpp
    daemon/denial_book_test.cpp
    daemon/governor/dice.cpp
    daemon/hot_answers_test.cpp
    daemon/frontend_files_test.cpp
    daemon/io_loop_test.cpp
    daemon/ledger_retry_test.cpp
    daemon/ledger_test.cpp
    daemon/methods_test.cpp
    daemon/notary_test.cpp
    daemon/query_pool_test.cpp
    daemon/replay_test.cpp
    daemon/task_runner_test.cpp
    daemon/telemetry/journal_test.cpp
    daemon/telemetry/metrics_test.cpp
    daemon/telemetry/record_line_test.cpp
    daemon/toml_shape_test.cpp
    daemon/trail_check_test.cpp
    daemon/trail_guard_test.cpp
    daemon/trail_signing_test.cpp
    daemon/uploads_test.cpp
    daemon/user_turns_test.cpp
    daemon/witness_test.cpp
  LIBS valhalla_daemon valhalla_verify spdlog::spdlog fmt::fmt
  LABELS daemon)
