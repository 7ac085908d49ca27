// From the files to the snapshot in force: at the start, and again whenever it is asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/control_protocol.h"
#include "daemon/counters.h"
#include "daemon/current_snapshot.h"
#include "daemon/log.h"
#include "load/data_loader.h"
#include "load/load.h"
#include "settings/settings.h"

namespace shorthop {

/// Problems that are told in one answer and in the log, where other lines want to be found, too.
inline constexpr std::size_t max_reported = 1000;

struct Loaded {
  Settings settings;
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<DataLoader> data;  ///< what made the snapshot, for what comes later
};

/// The first load: settings and tables, or everything that prevents it.
std::expected<Loaded, Diagnostics> load(const std::filesystem::path& main_file, Diagnostics& warnings);

/// One warning for each setting that is different in `next` but cannot be changed while the daemon runs.
Diagnostics changes_that_need_a_restart(const Settings& running, const Settings& next);

/// What the running daemon goes by, for whoever asks while the next load runs.
struct InForce {
  std::shared_ptr<const Settings> settings;
  std::chrono::system_clock::time_point since;  ///< when it was put into force
};

/// run() and refresh() belong to one thread; the others may be called by any.
class Reload {
 public:
  Reload(std::filesystem::path main_file, Settings settings, std::unique_ptr<DataLoader> data, CurrentSnapshot& current,
         Counters& counters, Log& log);

  /// Loads and swaps, or keeps what is in force; logs which, with each diagnostic. The same as an answer to who asked.
  control::Answer run();

  /// Looks whether files of a relay have changed and come to rest, and loads those relays. True if something new is in
  /// force. Called every few seconds, so a look at files that have not changed must be short.
  bool refresh();

  /// The next load takes the tables of this relay although they have shrunk. For any thread.
  void accept_shrink(std::string relay);

  InForce in_force() const;
  std::shared_ptr<const Settings> settings() const { return in_force().settings; }

 private:
  control::Answer put_into_force(Settings settings, LoadResult loaded, Diagnostics warnings);
  Diagnostics accepted_shrinks();
  control::Answer keep(const Diagnostics& problems);

  std::filesystem::path main_file_;
  std::unique_ptr<DataLoader> data_;
  mutable std::mutex mutex_;
  std::vector<std::string> to_accept_;
  InForce in_force_;
  CurrentSnapshot& current_;
  Counters& counters_;
  Log& log_;
};

/// "2 relay domains of 1 primary, mode rewrite": what a daemon with these settings does.
std::string summary(const Settings& settings);

}  // namespace shorthop
