// The only bridge to libmilter: callbacks of libmilter become events of a Session, and the Session's edits become calls
// of libmilter. Every error stops here: it is logged and counted, and the recipients are kept (DESIGN 2.4).
#pragma once

#include <chrono>

#include "daemon/current_snapshot.h"
#include "daemon/log/log.h"
#include "daemon/metrics/counters.h"
#include "daemon/return_watch.h"
#include "system/endpoint.h"

namespace shorthop {

/// What callbacks use. All of it must live until the process ends: libmilter's threads cannot be joined.
struct FilterParts {
  const CurrentSnapshot& snapshots;
  Counters& counters;
  Log& log;
  ReturnWatch& returns;
};

/// Registers the filter and listens; false if libmilter fails. Check first that the socket's address is free
/// (sockets.h): libmilter reports the reason of a failure to syslog(3) only. Connections use only descriptors below
/// `max_descriptors`. Call this once per process.
bool open_filter(const FilterParts& parts, const Endpoint& socket, int max_descriptors);

/// Serves the MTA; returns only if libmilter gives up. Its signal thread is kept idle, see signals.h.
bool run_filter();

/// Waits for messages whose edits are being sent. Later messages are not edited: they pass unchanged.
void finish_edits(std::chrono::milliseconds limit);

}  // namespace shorthop
