// The state of the running daemon, from its control socket, as data.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/endpoint.h"
#include "text/diagnostic.h"

namespace shorthop::tool {

/// The value of `control` in the main settings file. An error, with file and line, if the file cannot be read, the
/// value is wrong, or the socket is disabled. Reads no other setting, because an error in another setting must not keep
/// the tool from asking the daemon.
std::expected<Endpoint, Diagnostic> control_socket(const std::string& config);

/// The data of a relay that the daemon has in force.
struct DataInForce {
  /// The value of `time` for a relay without any file, see newest_data_of().
  static constexpr auto no_data = std::chrono::system_clock::time_point::max();

  std::string relay;
  std::chrono::system_clock::time_point time;  ///< the time of the data
  std::string why;  ///< why the daemon has no newer data, or does not use this data; may be empty
};

/// Empty if no daemon answers.
std::vector<DataInForce> data_of_daemon(const std::string& config);

/// Why a daemon that listens at its control socket does not answer. Empty if it answers, if none listens there, or if
/// this user has no permission to connect.
std::string silence_of_daemon(const std::string& config);

/// Why no daemon listens at the control socket. Empty if a daemon listens there, if `control` is none, or if this user
/// has no permission to look.
std::string absence_of_daemon(const std::string& config);

/// Why the daemon could not write to the directory of the setting `state`. Empty if it could, or if no daemon answers.
std::string state_failure_of_daemon(const std::string& config);

/// Whether a daemon answers at its control socket.
bool daemon_answers(const std::string& config);

/// Whether a daemon answers, and has settings in force that differ from these. Settings that need a restart are
/// ignored.
bool has_other_settings(const Settings& settings);

/// The results of the predictions of a relay, as the daemon has counted them.
struct CheckedPredictions {
  std::string relay;
  std::uint64_t confirmed = 0;
  std::uint64_t refuted = 0;
  std::uint64_t open = 0;
  std::uint64_t missed = 0;
  std::uint64_t kept_as_refuted = 0;  ///< recipients that are kept because they were refuted
  std::uint64_t confirmed_since = 0;  ///< confirmed since the last prediction was refuted
};

/// Empty if no daemon answers.
std::vector<CheckedPredictions> predictions_of_daemon(const std::string& config);

/// A sentence for each relay whose data in the daemon differs from the data in the snapshot. The daemon's decisions may
/// then differ.
std::vector<std::string> other_data(const Snapshot& snapshot, const std::vector<DataInForce>& of_daemon);

}  // namespace shorthop::tool
