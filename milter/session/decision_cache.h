// Cache of decisions by recipient, used if a table is live: getpwnam(3) may read a whole database for each look-up. It
// belongs to a snapshot. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "mail/address.h"
#include "session/decision.h"

namespace shorthop {

class DecisionCache {
 public:
  struct Limits {
    std::chrono::milliseconds ttl{2000};  ///< how long a decision is used
    std::size_t max_entries = 10'000;
    std::size_t max_entry = std::size_t{8} << 10;  ///< bytes; a larger decision is not kept
    std::size_t max_bytes = std::size_t{8} << 20;  ///< of all entries
  };
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

  explicit DecisionCache(SteadyClock clock) : DecisionCache(std::move(clock), Limits{}) {}
  DecisionCache(SteadyClock clock, Limits limits) : clock_(std::move(clock)), limits_(limits) {}

  /// The decision about this recipient, in this spelling.
  std::optional<Decision> find(const Address& recipient);
  /// Keeps a copy for the time to live. Failures are not kept.
  void insert(const Address& recipient, const Decision& decision);

 private:
  struct Entry {
    Decision decision;
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point expires;
  };
  // Ordered: whoever chooses the recipients cannot make look-ups slow, as with a hash whose collisions are known.
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// Removes the oldest entries: those that have expired, and more until there is room for another one.
  void make_room(std::size_t bytes, std::chrono::steady_clock::time_point now);

  const SteadyClock clock_;
  const Limits limits_;
  std::mutex mutex_;
  Entries entries_;                       ///< by the recipient as it is written
  std::deque<Entries::iterator> by_age_;  ///< the oldest first
  std::size_t bytes_ = 0;
};

}  // namespace shorthop
