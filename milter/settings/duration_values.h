// Parsers for durations, one for each kind of setting: they permit different values, and their errors give different
// advice. No I/O.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "settings/value_error.h"

namespace shorthop {

/// "90s", "30m", "48h", "7d", "2w"; "none" (and the empty text): no limit.
ParsedValue<std::optional<std::chrono::seconds>> parse_duration(std::string_view text);

/// For a setting that may be zero: "0s", "none" or the empty text.
ParsedValue<std::chrono::seconds> parse_duration_or_zero(std::string_view text);

/// From 1s to 1h.
ParsedValue<std::chrono::seconds> parse_lookup_timeout(std::string_view text);

/// From 1s to 5d. Postfix tries to deliver a message for 5d (postconf(5) maximal_queue_lifetime).
ParsedValue<std::chrono::seconds> parse_return_time(std::string_view text);

}  // namespace shorthop
