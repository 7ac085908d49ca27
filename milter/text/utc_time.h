// Times as text: RFC 3339 in UTC, with whole seconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

/// "2026-11-28T12:00:00Z", and nothing else; nullopt for another form, for days that do not exist, and for years before
/// 1970 or after 2200.
std::optional<std::chrono::sys_seconds> parse_utc_time(std::string_view text);

/// Writes the form that parse_utc_time() reads; the year has at least four digits.
std::string utc_time_text(std::chrono::sys_seconds time);

}  // namespace shorthop
