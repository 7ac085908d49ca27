// Notices that the system clock was set. The steady clock cannot be set, so the difference between the two clocks then
// changes.
#pragma once

#include <chrono>

namespace shorthop {

class ClockWatch {
 public:
  /// Call this when times of files are judged by the system clock.
  void begin() { offset_ = offset(); }
  /// Whether the clock was set since then. A time in which the machine was suspended counts as setting it.
  bool was_set() const { return std::chrono::abs(offset() - offset_) > max_drift; }

 private:
  static constexpr std::chrono::minutes max_drift{1};

  static std::chrono::nanoseconds offset() {
    return std::chrono::system_clock::now().time_since_epoch() - std::chrono::steady_clock::now().time_since_epoch();
  }

  std::chrono::nanoseconds offset_ = offset();
};

}  // namespace shorthop
