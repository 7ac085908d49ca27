// The state of one live table between look-ups: cached answers, a circuit breaker for its server, and the number of
// running look-ups. Not here: how the table is asked.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tables/table.h"

namespace shorthop {

struct LiveLimits {
  std::chrono::milliseconds cache_ttl{60'000};  ///< how long an answer is used; "absent" is an answer too
  std::chrono::milliseconds max_wait{5000};     ///< the longest wait for one answer
  std::chrono::milliseconds pause{10'000};      ///< how long a table is not asked after it failed
  std::size_t failures_in_a_row = 3;            ///< quick failures that start a pause; one slow failure does too
  std::size_t at_once = 4;                      ///< how many look-ups may run; others wait
  std::size_t max_entries = 20'000;
  std::size_t max_bytes = std::size_t{8} << 20;  ///< the size of all answers together
};

/// The look-ups in a live table since the daemon started.
struct LiveCounts {
  /// Upper bounds of the times in seconds. A look-up that took longer than the last bound is in no element of `within`.
  static constexpr std::array<double, 8> bounds = {0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5};

  std::uint64_t found = 0;
  std::uint64_t absent = 0;
  std::uint64_t failed = 0;  ///< includes look-ups that asked nothing: in a pause, or without time left
  std::uint64_t cached = 0;  ///< answered from the cache
  std::array<std::uint64_t, bounds.size()> within{};  ///< look-ups within this bound, but not within the one before
  std::uint64_t asked = 0;                            ///< look-ups that asked the table itself
  double seconds = 0;                                 ///< the time that these took together
  bool is_paused = false;                             ///< the table is not asked now, because it failed

  void add_time(std::chrono::duration<double> taken);
};

/// Safe to use from several threads at once. Failures are not cached, but counted. A table whose server is down is
/// paused after at most one wait: look-ups fail at once, until the pause is over and one look-up has tried again.
class LiveAnswers {
 public:
  /// Asks the table itself, and gives up at the deadline. Called without a lock.
  using Ask = std::function<Lookup(const std::string& key, Deadline deadline)>;

  explicit LiveAnswers(LiveLimits limits = {}, const LiveCounts& counts = {}) : limits_(limits), counts_(counts) {}

  Lookup find(const std::string& key, Deadline deadline, const Ask& ask);

  /// For a new load: sets the limits and drops all answers. A pause goes on.
  void renew(const LiveLimits& limits);

  LiveCounts counts() const;
  /// The reason of the first failure since the last call; empty: there was none. Failures of a single key are left out.
  std::string take_failure();
  /// Whether the table answered the last look-up; false before the first one.
  bool is_answering() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Answer {
    std::optional<Entry> entry;
    Clock::time_point expires;
  };
  using Answers = std::map<std::string, Answer, std::less<>>;  // ordered: no sender can choose keys that collide

  Lookup not_asked(std::string why);
  std::optional<Lookup> known(const std::string& key, Clock::time_point now) const;
  void note(const std::string& key, const Lookup& answer, Clock::duration taken);
  void note_failure(const LookupFailure& failure, Clock::duration taken);
  void keep(const std::string& key, const std::optional<Entry>& entry);
  void drop_oldest();

  LiveLimits limits_;
  LiveCounts counts_;
  mutable std::mutex mutex_;
  std::condition_variable has_room_;
  Answers answers_;
  std::deque<Answers::iterator> by_age_;  ///< the oldest first
  std::size_t bytes_ = 0;
  std::size_t running_ = 0;
  bool is_answering_ = false;
  std::size_t failures_ = 0;      ///< failures in a row
  Clock::duration slow_time_{0};  ///< time of all look-ups since the last quick answer
  bool is_paused_ = false;
  bool is_retrying_ = false;  ///< one look-up tries the table after the pause
  Clock::time_point paused_until_{};
  std::string why_;         ///< the last failure
  std::string unreported_;  ///< see take_failure()
};

}  // namespace shorthop
