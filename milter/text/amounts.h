// Numbers and durations as words, for messages.
#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>

namespace shorthop {

/// "1 entry", "2 entries".
std::string counted(std::integral auto number, std::string_view one, std::string_view several) {
  return std::to_string(number).append(1, ' ').append(number == 1 ? one : several);
}

/// "50 hours": in days, hours or minutes, the largest unit of which there are at least four; otherwise in seconds.
std::string duration_text(std::chrono::seconds time);

}  // namespace shorthop
