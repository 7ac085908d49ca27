// The output of `shorthop status`: start time, relays and counters. It reads the records of the last pulls, and no
// other file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "daemon/metrics/counters.h"
#include "settings/settings.h"
#include "tables/types/live_answers.h"

namespace shorthop {

struct Status {
  const Settings& settings;
  const Snapshot& snapshot;
  const Counters& counters;
  std::chrono::system_clock::time_point started;
  std::chrono::system_clock::time_point loaded;  ///< when the settings in force were activated
  std::uint64_t log_lines_lost = 0;              ///< lines that standard error did not accept
  bool has_reload_failed = false;                ///< the last reload kept the old settings
  std::map<std::string, LiveCounts> live_tables = {};
  std::string state_failure = {};  ///< why the last write to `state` failed; empty: it succeeded

  /// The data in force of a relay; null if there is none. During a reload, the snapshot may be newer than the settings,
  /// so a domain may belong to another relay in the snapshot than in the settings.
  const Relay* data_of(const RelaySettings& relay) const;
};

/// One line per fact: a name, white space, its value in printable ASCII.
std::string status_text(const Status& status);
/// status_text() as one JSON object in one line.
std::string status_json(const Status& status);
/// One line for each relay: see control::predictions.
std::string status_predictions(const Status& status);
/// One line for each relay: see control::generations.
std::string status_generations(const Status& status);

}  // namespace shorthop
