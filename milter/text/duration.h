// Durations as words, for messages.
#pragma once

#include <chrono>
#include <string>

namespace shorthop {

/// In the largest unit of days, hours and minutes of which there are at least four, else in seconds: "50 hours".
std::string duration_text(std::chrono::seconds time);

}  // namespace shorthop
