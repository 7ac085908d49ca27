// Look-ups that nobody can interrupt, such as getpwnam(3), with a deadline for whoever asks: they run on threads of their
// own, and one that is late still gives its answer to who asks next.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "tables/table.h"

namespace shorthop {

struct DeadlineLimits {
  std::chrono::milliseconds max_wait{1000};           ///< for one look-up
  std::chrono::milliseconds slow_period{5000};        ///< after a look-up was late nobody waits for another one so long
  std::chrono::milliseconds late_answer_age{10'000};  ///< a late answer is good for so long
  std::size_t threads = 4;
  std::size_t max_waiting = 64;  ///< look-ups that no thread has begun
};

class DeadlineLookups {
 public:
  using Ask = std::function<Lookup(const std::string& key)>;

  /// `ask` is called on the threads, also after this object is gone. Threads start when they are needed.
  explicit DeadlineLookups(Ask ask, DeadlineLimits limits = {});
  ~DeadlineLookups();
  DeadlineLookups(const DeadlineLookups&) = delete;
  DeadlineLookups& operator=(const DeadlineLookups&) = delete;
  DeadlineLookups(DeadlineLookups&&) = delete;
  DeadlineLookups& operator=(DeadlineLookups&&) = delete;

  /// The answer, or a failure of the kind timeout: at the deadline or after `max_wait`.
  Lookup find(const std::string& key, Deadline deadline) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace shorthop
