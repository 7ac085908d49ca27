// Parsers for durations, one for each kind of setting: they permit different values, and their errors give different
// advice. No I/O.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "settings/value_error.h"

namespace shorthop {

/// "90s", "30m", "48h", "7d", "2w". nullopt (no limit) for "none" and for the empty text.
ParsedValue<std::optional<std::chrono::seconds>> parse_duration(std::string_view text);

/// As parse_duration(), for a setting that may be zero: "0s", "none" and the empty text give zero.
ParsedValue<std::chrono::seconds> parse_duration_or_zero(std::string_view text);

/// A duration from 1s to 1h.
ParsedValue<std::chrono::seconds> parse_lookup_timeout(std::string_view text);

/// A duration from 1s to 5d. Postfix tries to deliver a message for 5d (postconf(5) maximal_queue_lifetime).
ParsedValue<std::chrono::seconds> parse_return_time(std::string_view text);

}  // namespace shorthop
