# kill -9 under load. VALHALLA_CRASH_ROUNDS in the environment sets how often (20 when it is not set).
if(TARGET valhallad AND TARGET valhallactl AND TARGET valhalla-gateway)
  valhalla_system_test(${PROJECT_SOURCE_DIR}/tests/crash/test_kill.py crash 1800)
  valhalla_system_test(${PROJECT_SOURCE_DIR}/tests/crash/test_gateway_kill.py crash 1800)
endif()
