# Part of `cmake --install`: installs settings, units, documents, and the files for sysusers.d and tmpfiles.d. Variables
# that must be set: source, config, generated, BINDIR, SBINDIR, DATADIR, DOCDIR, MANDIR, UNIT_DIR, WITH_SYSTEMD,
# SERVICE_TYPE. CMAKE_INSTALL_PREFIX may differ from that of the configuration. DESTDIR is honoured.

# The programs look in /etc/shorthop. With the prefixes /usr and /usr/local, the settings go there, as the FHS says. With
# any other prefix they go to its etc/, because that is a tree to be packed or tried out.
if(CMAKE_INSTALL_PREFIX MATCHES "^/(usr(/local)?/?)?$")
  set(etc /etc)
else()
  set(etc "${CMAKE_INSTALL_PREFIX}/etc")
endif()

# below(PREFIX PATH OUT): the path, below the prefix unless it is absolute.
function(below prefix path out)
  cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${prefix}" NORMALIZE)
  set(${out} "${path}" PARENT_SCOPE)
endfunction()
below("${CMAKE_INSTALL_PREFIX}" "${BINDIR}" bin)
below("${CMAKE_INSTALL_PREFIX}" "${SBINDIR}" sbin)
below("${CMAKE_INSTALL_PREFIX}" "${UNIT_DIR}" units)
below("${CMAKE_INSTALL_PREFIX}" "${DATADIR}" data)
below("${CMAKE_INSTALL_PREFIX}" "${DOCDIR}" doc)
below("${CMAKE_INSTALL_PREFIX}" "${MANDIR}" man)

# A postmaster's settings are never overwritten; the original file is installed with the documentation.
if(EXISTS "$ENV{DESTDIR}${etc}/shorthop/shorthop.conf")
  message(STATUS "Kept: $ENV{DESTDIR}${etc}/shorthop/shorthop.conf")
else()
  file(INSTALL "${config}/shorthop.conf" DESTINATION "${etc}/shorthop")
endif()
file(MAKE_DIRECTORY "${generated}/relay.d")
file(INSTALL "${generated}/relay.d" DESTINATION "${etc}/shorthop")

if(WITH_SYSTEMD)
  # With notify-reload, systemd sends SIGHUP itself and waits. Otherwise the tool asks for the reload, and its exit status
  # says whether it succeeded.
  set(RELOAD "ExecReload=${bin}/shorthop reload")
  if(SERVICE_TYPE STREQUAL notify-reload)
    set(RELOAD "# A reload is a SIGHUP. READY=1 ends it, whether the new settings and tables are in force or the old ones stay.")
  endif()
  configure_file("${source}/systemd/shorthop.service.in" "${generated}/shorthop.service" @ONLY)
  file(INSTALL "${generated}/shorthop.service" DESTINATION "${units}")
  configure_file("${source}/systemd/shorthop-pull@.service.in" "${generated}/shorthop-pull@.service" @ONLY)
  file(INSTALL "${generated}/shorthop-pull@.service" "${source}/systemd/shorthop-pull@.timer" DESTINATION "${units}")
  file(INSTALL "${source}/systemd/sysusers.conf" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/sysusers.d"
       RENAME shorthop.conf)
  file(INSTALL "${source}/systemd/tmpfiles.conf" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/tmpfiles.d"
       RENAME shorthop.conf)
endif()

# with_own_places(TEXT OUT): the text with its paths below /usr replaced by those of this installation.
function(with_own_places text out)
  string(REPLACE "/usr/sbin/shorthopd" "${sbin}/shorthopd" text "${text}")
  string(REPLACE "/usr/bin/shorthop" "${bin}/shorthop" text "${text}")
  string(REPLACE "/usr/share/shorthop" "${data}/shorthop" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# with_installed_links(PAGE OUT): the page with links to the installed pages. A link to a file that is only in the sources
# becomes plain words.
function(with_installed_links page out)
  string(REPLACE "](packaging/doc/" "](" page "${page}")
  string(REGEX MATCHALL "\\([A-Za-z][A-Za-z0-9_./-]*\\)" targets "${page}")
  foreach(target IN LISTS targets)
    string(REGEX REPLACE "[()]" "" target "${target}")
    if(NOT target MATCHES "^(README|CHANGELOG)\\.md$" AND NOT EXISTS "${source}/doc/${target}")
      string(REGEX REPLACE "\\[([^]]*)\\]\\(${target}\\)" "\\1" page "${page}")
    endif()
  endforeach()
  set(${out} "${page}" PARENT_SCOPE)
endfunction()

# install_text(FILE DIRECTORY [PERMISSIONS...]): installs a text with the paths of this installation, and, if it is a
# page, with links to the installed pages.
function(install_text file directory)
  file(READ "${file}" content)
  with_own_places("${content}" content)
  if(file MATCHES "\\.md$")
    with_installed_links("${content}" content)
  endif()
  get_filename_component(name "${file}" NAME)
  file(WRITE "${generated}/installed/${name}" "${content}")
  file(INSTALL "${generated}/installed/${name}" DESTINATION "${directory}" ${ARGN})
endfunction()

file(GLOB pages "${source}/doc/*.md" "${source}/../README.md" "${source}/../CHANGELOG.md")
foreach(page ${pages})
  install_text("${page}" "${doc}")
endforeach()
file(GLOB pages "${source}/doc/panels/*.md")
foreach(page ${pages})
  install_text("${page}" "${doc}/panels")
endforeach()
file(GLOB pages "${generated}/documents/man*/*.[158]")
if(NOT pages)
  message(FATAL_ERROR "There are no manual pages: build the target documents first.")
endif()
foreach(page ${pages})
  string(REGEX MATCH "[158]$" section "${page}")
  install_text("${page}" "${man}/man${section}")
endforeach()

# For hosts without systemd; a package installs the script that its distribution uses.
set(program OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
install_text("${source}/sysvinit/shorthop" "${doc}/sysvinit" PERMISSIONS ${program})
install_text("${source}/openrc/shorthop" "${doc}/openrc" PERMISSIONS ${program})
