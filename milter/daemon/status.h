// The output of `shorthop status`: uptime, relays and counters. No I/O; it only asks for the process ID.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/counters.h"
#include "settings/settings.h"

namespace shorthop {

struct Status {
  const Settings& settings;
  const Snapshot& snapshot;
  const Counters& counters;
  std::chrono::system_clock::time_point started;
  std::chrono::system_clock::time_point loaded;  ///< when the snapshot in use was activated
  std::uint64_t log_lines_lost = 0;              ///< lines that standard error did not accept
};

/// One line per fact: a name, white space, its value in printable ASCII.
std::string status_text(const Status& status);
/// The same as one JSON object in one line.
std::string status_json(const Status& status);
/// As control::generations says.
std::string status_generations(const Status& status);

}  // namespace shorthop
