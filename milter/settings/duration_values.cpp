#include "settings/duration_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "text/number.h"

namespace shorthop {
namespace {

/// Which durations a setting accepts.
struct DurationRange {
  std::string_view example;  ///< an accepted duration
  bool has_zero = false;
  std::chrono::seconds max = std::chrono::seconds::max();
  std::string_view max_text = {};
  std::string_view for_zero = {};  ///< what to write in place of zero; empty: the example

  bool contains(std::chrono::seconds time) const { return (has_zero || time.count() != 0) && time <= max; }
};

struct TimeUnit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array<TimeUnit, 5> time_units = {{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 604'800}}};

std::unexpected<ValueError> above_limit(const DurationRange& range) {
  return wrong(fmt::format("the limit is {}", range.max_text), fmt::format("write {}", range.example));
}

std::unexpected<ValueError> without_unit(std::string_view text, std::uint32_t count, const DurationRange& range) {
  std::vector<std::string> accepted;
  for (const TimeUnit& unit : time_units) {
    const bool is_usual = unit.letter != 'w';
    if (is_usual && range.contains(std::chrono::seconds(count * unit.seconds))) {
      accepted.push_back(fmt::format("{}{}", text, unit.letter));
    }
  }
  std::string fix = accepted.empty() ? fmt::format("write a duration such as {}", range.example) : "write ";
  for (std::size_t at = 0; at < accepted.size(); ++at) {
    if (at > 0) fix += at + 1 < accepted.size() ? ", " : " or ";
    fix += accepted[at];
  }
  return wrong(fmt::format("{} has no unit", quoted(text)), std::move(fix));
}

ParsedValue<std::chrono::seconds> parse_duration_in(std::string_view text, const DurationRange& range) {
  if (text.empty() || text == "none") return above_limit(range);
  const auto unit = std::ranges::find(time_units, text.back(), &TimeUnit::letter);
  if (unit == time_units.end()) {
    if (const auto count = to_number<std::uint32_t>(text)) return without_unit(text, *count, range);
  }
  const auto count =
      unit == time_units.end() ? std::nullopt : to_number<std::uint32_t>(text.substr(0, text.size() - 1));
  if (!count) {
    return wrong(fmt::format("{} is not a valid duration", quoted(text)),
                 fmt::format("write a number and s, m, h, d or w, such as {}", range.example));
  }
  const std::chrono::seconds time(*count * unit->seconds);
  if (range.contains(time)) return time;
  if (time > range.max) return above_limit(range);
  return wrong("the duration is zero",
               fmt::format("write {}", range.for_zero.empty() ? range.example : range.for_zero));
}

}  // namespace

ParsedValue<std::optional<std::chrono::seconds>> parse_duration(std::string_view text) {
  if (text.empty() || text == "none") return std::nullopt;
  return parse_duration_in(text, {.example = "48h", .for_zero = "none for no limit"});
}

ParsedValue<std::chrono::seconds> parse_duration_or_zero(std::string_view text) {
  if (text.empty() || text == "none") return std::chrono::seconds(0);
  return parse_duration_in(text, {.example = "2s", .has_zero = true});
}

ParsedValue<std::chrono::seconds> parse_lookup_timeout(std::string_view text) {
  return parse_duration_in(text, {.example = "5s", .max = std::chrono::hours(1), .max_text = "1h"});
}

ParsedValue<std::chrono::seconds> parse_return_time(std::string_view text) {
  return parse_duration_in(text, {.example = "1h", .max = std::chrono::days(5), .max_text = "5d"});
}

}  // namespace shorthop
