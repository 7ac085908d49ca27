// The one bridge to libmilter: its callbacks become events of a Session, the Session's edits become its calls.
// Whatever goes wrong here ends here: it is logged, counted, and the recipients are kept (DESIGN 2.4).
#pragma once

#include <chrono>

#include "daemon/counters.h"
#include "daemon/current_snapshot.h"
#include "daemon/log.h"
#include "system/endpoint.h"

namespace shorthop {

/// What callbacks use; everything must live to the end of the process: libmilter's threads cannot be joined.
struct FilterParts {
  const CurrentSnapshot& snapshots;
  Counters& counters;
  Log& log;
};

/// Registers the filter and makes it listen; false if libmilter cannot. The way
/// must be free (sockets.h): libmilter tells its reasons to syslog(3) alone. Connections use no descriptor of this
/// number or above. Once in a process.
bool open_filter(const FilterParts& parts, const Endpoint& socket, int max_descriptors);

/// Serves the MTA; only returns if libmilter gives up. Its signal thread waits for nothing, see signals.h.
bool run_filter();

/// Lets the messages whose edits are being sent come to their end, and edits no further one: those take the long way.
void finish_edits(std::chrono::milliseconds limit);

}  // namespace shorthop
