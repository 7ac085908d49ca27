# Part of `cmake --install`: settings, units, users and directories. Given: source, config, generated, BINDIR, SBINDIR,
# UNIT_DIR, WITH_SYSTEMD, SERVICE_TYPE, and CMAKE_INSTALL_PREFIX as of now. DESTDIR is honoured.

# The programs look in /etc/shorthop, which is also where the FHS wants the settings of /usr and /usr/local. Any other
# prefix is a tree that is being put together, or tried out: it gets an etc/ of its own.
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

# A postmaster's settings are never written over; the pristine file lies in the documentation.
if(EXISTS "$ENV{DESTDIR}${etc}/shorthop/shorthop.conf")
  message(STATUS "Kept: $ENV{DESTDIR}${etc}/shorthop/shorthop.conf")
else()
  file(INSTALL "${config}/shorthop.conf" DESTINATION "${etc}/shorthop")
endif()
file(MAKE_DIRECTORY "${generated}/relay.d")
file(INSTALL "${generated}/relay.d" DESTINATION "${etc}/shorthop")

if(WITH_SYSTEMD)
  # notify-reload sends SIGHUP itself and waits; before, the tool does, and its status says whether it went well.
  set(RELOAD "ExecReload=${bin}/shorthop reload")
  if(SERVICE_TYPE STREQUAL notify-reload)
    set(RELOAD "# SIGHUP, and READY=1 when the new settings and tables are in force or the old ones stay.")
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
