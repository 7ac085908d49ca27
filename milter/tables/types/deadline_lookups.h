// A deadline for look-ups that cannot be interrupted, such as getpwnam(3): they run on separate threads, and a late
// answer is kept for the next caller. A late failure is kept too: otherwise each message would wait for a slow system.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "tables/table.h"

namespace shorthop {

struct DeadlineLimits {
  std::chrono::milliseconds max_wait{1000};  ///< the longest wait of one look-up
  /// For this time after a long wait without an answer, each look-up waits 10 ms at most.
  std::chrono::milliseconds slow_period{5000};
  std::chrono::milliseconds late_answer_age{10'000};  ///< how long a late answer is valid
  /// How long any other answer is used: a message may need the same one a thousand times, and getpwnam(3) may read a
  /// whole database.
  std::chrono::milliseconds answer_age{2000};
  std::size_t threads = 4;
  std::size_t max_waiting = 64;  ///< look-ups that wait for a free thread
};

class DeadlineLookups {
 public:
  using Ask = std::function<Lookup(const std::string& key)>;

  /// `ask` is called on the threads, also after this object is destroyed. Threads start on demand.
  explicit DeadlineLookups(Ask ask, DeadlineLimits limits = {});
  ~DeadlineLookups();
  DeadlineLookups(const DeadlineLookups&) = delete;
  DeadlineLookups& operator=(const DeadlineLookups&) = delete;
  DeadlineLookups(DeadlineLookups&&) = delete;
  DeadlineLookups& operator=(DeadlineLookups&&) = delete;

  /// The answer; at the deadline or after `max_wait`, a failure of the kind timeout.
  Lookup find(const std::string& key, Deadline deadline) const;

  /// Drops the answers, for a new load.
  void forget() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace shorthop
