// Durations as words, for messages.
#pragma once

#include <chrono>
#include <string>

namespace shorthop {

/// In the largest unit that is precise enough: "50 hours".
std::string duration_text(std::chrono::seconds time);

}  // namespace shorthop
