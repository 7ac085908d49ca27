// A deadline for everything that waits, and the time that is left until then.
#pragma once

#include <algorithm>
#include <chrono>

namespace shorthop {

/// When the caller gives up.
using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = Deadline::max();

inline bool has_passed(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

/// Rounded up, so that a wait for this time does not end before the deadline; 0 after the deadline.
inline std::chrono::milliseconds time_left(Deadline deadline, Deadline now = std::chrono::steady_clock::now()) {
  if (deadline <= now) return std::chrono::milliseconds(0);
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
}

/// The time left as poll(2) takes it: milliseconds, at most a minute. The caller calls poll(2) in a loop.
inline int milliseconds_for_poll(Deadline deadline, Deadline now = std::chrono::steady_clock::now()) {
  return static_cast<int>(std::min(time_left(deadline, now), std::chrono::milliseconds(60'000)).count());
}

}  // namespace shorthop
