// What `shorthop status` shows: the daemon's life, its relays and its counters. Pure, but for the process number.
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
  std::chrono::system_clock::time_point loaded;  ///< when the snapshot in force was put into force
  std::uint64_t log_lines_lost = 0;              ///< that standard error did not take
};

/// A line a fact: a name, white space, its value in printable ASCII.
std::string status_text(const Status& status);
/// The same as one JSON object in one line.
std::string status_json(const Status& status);

}  // namespace shorthop
