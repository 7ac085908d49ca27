// What survives a restart of the daemon, in the directory of the setting `state`: its counts and its predictions.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "daemon/metrics/counters.h"
#include "daemon/return_watch.h"
#include "system/descriptor.h"
#include "system/write_file.h"

namespace shorthop {

/// Thread-safe.
class RememberedState {
 public:
  using Clock = std::chrono::steady_clock;
  /// A kill -9 loses at most what was counted in this time.
  static constexpr std::chrono::seconds interval{60};

  RememberedState(Counters& counters, ReturnWatch& returns) : counters_(counters), returns_(returns) {}

  /// Reads what was saved, and locks the directory for as long as this object lives.
  void restore(const std::string& directory);
  /// Writes what has changed. Fails if another process uses the directory: the files would lose what the other process
  /// wrote. The next call writes what this call could not write. The error is a sentence.
  [[nodiscard]] Written save(const std::string& directory);
  /// Calls save() if the interval has passed since the last time, or if a recipient was refuted; else does nothing.
  [[nodiscard]] Written save_if_due(const std::string& directory, Clock::time_point now);
  /// Why the last save() failed; empty: it succeeded.
  std::string failure() const;

 private:
  Written take_lock(const std::string& directory);
  Written save_locked(const std::string& directory);

  Counters& counters_;
  ReturnWatch& returns_;
  std::mutex mutex_;
  Clock::time_point next_{};
  std::string totals_;       ///< the totals that were saved last
  std::string predictions_;  ///< the predictions that were saved last
  std::string locked_;       ///< the directory of lock_; empty: none is locked
  Descriptor lock_;
  mutable std::mutex failure_mutex_;  ///< guards failure_ alone: mutex_ is held during writes, and the disk may be slow
  std::string failure_;
};

}  // namespace shorthop
