// The time at the head of a log line: "2026-11-22T09:27:35.186+00:00" (RFC 3339, local time with its offset).
#pragma once

#include <array>
#include <chrono>

namespace shorthop {

using LogTime = std::array<char, 29>;

/// `offset` is local time minus UTC. Years 0 to 9999.
LogTime log_time(std::chrono::system_clock::time_point time, std::chrono::minutes offset);

/// Local time minus UTC at that time, from libc; looked up once per quarter of an hour.
std::chrono::minutes utc_offset(std::chrono::system_clock::time_point time);

}  // namespace shorthop
