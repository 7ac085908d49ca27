// Limits how often the log repeats a text: a fault that affects every message must not hide everything else. No I/O, no
// clock. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

class Repetition {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds period{60};
  static constexpr std::uint64_t max_in_period = 5;
  static constexpr std::size_t max_texts = 1000;

  struct Suppressed {
    std::string text;
    std::uint64_t times = 0;
  };

  /// Whether the text may be logged now.
  bool admits(std::string_view text, Time now);
  /// What was suppressed in periods that have ended; each is returned once.
  std::vector<Suppressed> ended(Time now);

 private:
  struct Entry {
    Time begin;
    std::uint64_t times = 0;
  };

  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace shorthop
