# What is installed, as far as it can be looked at without installing it.
foreach(about verify security)
  add_test(NAME packaging.systemd_${about} COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/units.bash ${about}
    ${PROJECT_SOURCE_DIR} $<TARGET_FILE_DIR:valhallad>)
  set_tests_properties(packaging.systemd_${about} PROPERTIES LABELS packaging SKIP_RETURN_CODE 77 TIMEOUT 60)
endforeach()

# Every page can be written from what the programs say about themselves, and formatted.
add_test(NAME packaging.manual COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/manual.bash ${PROJECT_SOURCE_DIR} ${VALHALLA_PYTHON}
  $<TARGET_FILE:valhallad> $<TARGET_FILE:valhallactl> $<TARGET_FILE:valhalla-verify> $<TARGET_FILE:valhalla-gateway>)
set_tests_properties(packaging.manual PROPERTIES LABELS packaging SKIP_RETURN_CODE 77 TIMEOUT 120)

# What those who watch the daemon are given.
foreach(about rules catalog)
  add_test(NAME packaging.${about} COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/telemetry.bash ${about} ${PROJECT_SOURCE_DIR})
  set_tests_properties(packaging.${about} PROPERTIES LABELS packaging SKIP_RETURN_CODE 77 TIMEOUT 60)
endforeach()

# The operations guide: what it names is there, and its commands answer as it says. ACCEPT=1 writes the answers anew.
set(guide ${VALHALLA_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/guide.py)
set(programs ${PROJECT_SOURCE_DIR} $<TARGET_FILE_DIR:valhallad>)
add_test(NAME packaging.guide_words COMMAND ${guide} words ${programs})
add_test(NAME packaging.guide_transcripts
  COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/guide_machine.bash ${programs} ${guide} transcripts ${programs})
set_tests_properties(packaging.guide_words packaging.guide_transcripts PROPERTIES LABELS packaging SKIP_RETURN_CODE 77 TIMEOUT 120)

# The list of packages, as each release of Debian reads it.
add_test(NAME packaging.dependencies COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/dependencies.bash ${PROJECT_SOURCE_DIR})
set_tests_properties(packaging.dependencies PROPERTIES LABELS packaging TIMEOUT 60)
