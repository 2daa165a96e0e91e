# What is installed and where. Debian's packages take it from here, see packaging/debian/*.install.
include(GNUInstallDirs)
set(VALHALLA_SYSTEMD_UNIT_DIR lib/systemd/system CACHE STRING "Where systemd's units go")
set(VALHALLA_ZSH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh looks for completions")

set(packaging ${CMAKE_CURRENT_LIST_DIR})
install(TARGETS valhallad valhallactl valhalla-verify valhalla-gateway)

file(GLOB units ${packaging}/systemd/*.service ${packaging}/systemd/*.socket ${packaging}/systemd/*.timer)
install(FILES ${units} DESTINATION ${VALHALLA_SYSTEMD_UNIT_DIR})
install(FILES ${packaging}/systemd/valhallad.catalog DESTINATION lib/systemd/catalog)
install(FILES ${packaging}/sysusers.d/valhalla.conf DESTINATION lib/sysusers.d)
install(FILES ${packaging}/tmpfiles.d/valhalla.conf DESTINATION lib/tmpfiles.d)
install(FILES ${packaging}/valhallad.toml ${packaging}/gateway.toml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/valhalla)

set(completions ${packaging}/completions)
install(FILES ${completions}/valhallactl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME valhallactl)
install(FILES ${completions}/valhalla-gateway.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME valhalla-gateway)
install(FILES ${completions}/valhallactl.zsh DESTINATION ${VALHALLA_ZSH_COMPLETION_DIR} RENAME _valhallactl)
install(FILES ${completions}/valhallactl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# The manual is written by the programs themselves, so it is made after them, where scdoc is installed.
find_program(VALHALLA_SCDOC NAMES scdoc)
if(VALHALLA_SCDOC AND VALHALLA_PYTHON)
  set(pages)
  set(programs valhallad valhallactl valhalla-verify valhalla-gateway)
  foreach(name valhallad.8 valhallactl.1 valhalla-verify.1 valhallad.toml.5 valhallad-protocol.7 valhalla-gateway.8
          gateway.toml.5)
    set(page ${PROJECT_BINARY_DIR}/man/${name})
    add_custom_command(OUTPUT ${page} VERBATIM COMMENT "Writing the manual page ${name}"
      DEPENDS ${packaging}/man/${name}.scd ${packaging}/man/generate.py ${packaging}/valhallad.toml
              ${packaging}/gateway.toml ${programs}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
      COMMAND ${VALHALLA_PYTHON} -B ${packaging}/man/generate.py ${packaging}/man/${name}.scd
              ${PROJECT_VERSION} ${packaging} $<TARGET_FILE:valhallad> $<TARGET_FILE:valhallactl>
              $<TARGET_FILE:valhalla-verify> $<TARGET_FILE:valhalla-gateway> > ${page}.scd
      COMMAND ${CMAKE_COMMAND} -E cat ${packaging}/man/first-line.roff > ${page}  # tells man that there may be tables
      COMMAND ${VALHALLA_SCDOC} < ${page}.scd >> ${page})
    list(APPEND pages ${page})
    string(REGEX MATCH "[0-9]$" section ${name})
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  add_custom_target(manual ALL DEPENDS ${pages})
endif()
