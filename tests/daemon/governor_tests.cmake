valhalla_test(governor_test
  SOURCES
    daemon/governor/access_test.cpp
    daemon/governor/atomic_test.cpp
    daemon/governor/clock_test.cpp
    daemon/governor/conformance_test.cpp
    daemon/governor/decisions_test.cpp
    daemon/governor/dice.cpp
    daemon/governor/health_test.cpp
    daemon/governor/import_test.cpp
    daemon/governor/persistent_map_test.cpp
    daemon/governor/playbook_test.cpp
    daemon/governor/property_test.cpp
    daemon/governor/rules_files_test.cpp
    daemon/governor/sessions_test.cpp
    daemon/governor/thresholds_test.cpp
    daemon/governor/witness_test.cpp
  LIBS valhalla_governor valhalla_policy valhalla_model Boost::json
  LABELS governor)
