// Recipients whose mail did not come back as predicted (DESIGN 2.11). They are kept until the primary's data changes.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

struct Refutation {
  std::string relay;
  std::string recipient;    ///< folded
  std::string expected;     ///< expected_text() of the targets that the data gave
  std::string came_for;     ///< the recipient of the message that came back
  std::string fingerprint;  ///< the fingerprint of the relay's data
};

/// The replacements of a decision, folded, as one text: sorted, with spaces between.
std::string expected_text(std::vector<std::string> folded_addresses);

/// Bounded: the oldest is forgotten first. Thread-safe.
class Refutations {
 public:
  static constexpr std::size_t max_entries = 10'000;

  void insert(Refutation refutation);
  /// The refutation of what data with this fingerprint predicts for a recipient (folded). The caller compares its
  /// `expected` with the targets that the data gives now: the answers of live tables may have changed.
  std::optional<Refutation> find(std::string_view relay, std::string_view fingerprint,
                                 std::string_view recipient) const;
  /// Every decision asks this, on every thread, so it takes no lock.
  bool empty() const { return is_empty_; }
  /// Forgets the refutations of this relay that are about data with another fingerprint; true if there were any.
  bool keep_only(std::string_view relay, std::string_view fingerprint);

  std::size_t count(std::string_view relay) const;
  /// In the order in which they were inserted.
  std::vector<Refutation> all() const;

 private:
  using Key = std::pair<std::string, std::string>;  ///< relay and recipient
  struct Entry {
    std::size_t number = 0;  ///< counts insertions; the smallest number is the oldest entry
    Refutation refutation;
  };

  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::map<std::size_t, Key> by_age_;
  std::size_t next_number_ = 0;
  std::atomic<bool> is_empty_ = true;  ///< whether entries_ is empty
};

}  // namespace shorthop
