// Turns the files into the snapshot in force: at the start, and at each later reload.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/control_protocol.h"
#include "daemon/current_snapshot.h"
#include "daemon/log/log.h"
#include "daemon/metrics/counters.h"
#include "load/data_loader.h"
#include "settings/settings.h"

namespace shorthop {

/// Maximum number of problems in one answer and in the log, so that other log lines remain visible.
inline constexpr std::size_t max_reported = 1000;

struct Loaded {
  Settings settings;
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<DataLoader> data;          ///< the loader that made the snapshot, for later reloads
  std::shared_ptr<Refutations> refutations;  ///< shared by this snapshot and later ones; empty at first
};

/// The first load: settings and tables, or all problems that prevent it.
std::expected<Loaded, Diagnostics> load(const std::filesystem::path& main_file, Diagnostics& warnings);

/// One warning for each setting that differs in `next` but needs a restart.
Diagnostics changes_that_need_a_restart(const Settings& running, const Settings& next);

/// The settings in force, for questions asked while the next load runs.
struct InForce {
  std::shared_ptr<const Settings> settings;
  std::chrono::system_clock::time_point
      since;  ///< when the settings were activated; refresh() does not change this time
};

/// run() and refresh() belong to one thread; the other functions may be called by any.
class Reload {
 public:
  Reload(std::filesystem::path main_file, Settings settings, std::unique_ptr<DataLoader> data, CurrentSnapshot& current,
         Counters& counters, Log& log);

  /// Loads and replaces the snapshot, or keeps the current one; logs the result and each diagnostic, and returns them
  /// as an answer.
  control::Answer run();

  /// Checks whether files of a relay have changed and are stable, and loads those relays. True if new data was
  /// activated. Called every few seconds, so the check of unchanged files must be fast.
  bool refresh();

  /// The next load accepts the tables of this relay even if they have shrunk. Safe from any thread.
  void accept_shrink(std::string relay);

  /// Logs which live tables began to fail, and which answer again. Call this every few seconds.
  void report_tables();

  /// The counts of look-ups of each live table, by its name.
  std::map<std::string, LiveCounts> live_counts() const { return data_->live_counts(); }
  /// Whether the last load of the settings failed, so that the old ones stay in force.
  bool has_failed() const { return has_failed_; }

  InForce in_force() const;
  std::shared_ptr<const Settings> settings() const { return in_force().settings; }

 private:
  control::Answer put_into_force(Settings settings, LoadResult loaded, Diagnostics warnings);
  Diagnostics pass_on_accepted_shrinks();
  control::Answer keep(const Diagnostics& problems);

  std::filesystem::path main_file_;
  std::unique_ptr<DataLoader> data_;
  mutable std::mutex mutex_;
  std::atomic<bool> has_failed_ = false;
  std::vector<std::string> to_accept_;
  InForce in_force_;
  CurrentSnapshot& current_;
  Counters& counters_;
  Log& log_;
};

/// For example "2 relay domains of 1 primary, mode rewrite".
std::string summary(const Settings& settings);

}  // namespace shorthop
