#include "text/utc_time.h"

#include <fmt/format.h>

#include <charconv>

namespace shorthop {
namespace {

/// A part of the text as a number; nullopt if it has a character that is not a digit.
std::optional<int> number_at(std::string_view text, std::size_t from, std::size_t size) {
  int number = 0;
  const char* const begin = text.data() + from;
  if (*begin == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(begin, begin + size, number);
  if (error != std::errc() || end != begin + size) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_utc_time(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t at = 0; at < form.size(); ++at) {
    if (form[at] != '0' && text[at] != form[at]) return std::nullopt;
  }
  const auto years = number_at(text, 0, 4);
  const auto months = number_at(text, 5, 2);
  const auto days_of_month = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2);
  const auto minute = number_at(text, 14, 2);
  const auto second = number_at(text, 17, 2);
  if (!years || !months || !days_of_month || !hour || !minute || !second) return std::nullopt;
  const year_month_day date(year(*years), month(static_cast<unsigned>(*months)),
                            day(static_cast<unsigned>(*days_of_month)));
  // std::chrono::system_clock counts nanoseconds in 64 bits, which end in 2262.
  constexpr int last_year = 2200;
  if (*years < 1970 || *years > last_year || !date.ok() || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  return sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
}

std::string utc_time_text(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const sys_days day_of_time = floor<days>(time);
  const year_month_day date(day_of_time);
  const hh_mm_ss clock(time - day_of_time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace shorthop
