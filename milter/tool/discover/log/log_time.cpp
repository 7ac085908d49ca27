#include "tool/discover/log/log_time.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <tuple>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

/// Removes a number of exactly `digits` digits; false: there is none.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  int result = 0;
  for (const char c : text.substr(0, digits)) {
    if (!is_digit(c)) return false;
    result = result * 10 + (c - '0');
  }
  value = result;
  text.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// "14:22:04", or with a fraction of any length after '.' or ','.
bool take_time_of_day(std::string_view& text, CivilTime& time) {
  if (!take_number(text, 2, time.hour) || !take_char(text, ':') || !take_number(text, 2, time.minute) ||
      !take_char(text, ':') || !take_number(text, 2, time.second)) {
    return false;
  }
  if (take_char(text, '.') || take_char(text, ',')) {
    int unit = 100;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10) {
      time.millisecond += (text.front() - '0') * unit;
    }
  }
  return time.hour < 24 && time.minute < 60 && time.second <= 60;
}

/// The month of "Nov "; 0: none.
int month_of(std::string_view text) {
  constexpr std::array<std::string_view, 12> names = {"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                                                      "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (text.starts_with(names[at])) return static_cast<int>(at) + 1;
  }
  return 0;
}

/// "Z", "+01:00", "+0100": minutes east of Greenwich; nullopt if there is no valid zone.
std::optional<int> take_zone(std::string_view& text) {
  if (take_char(text, 'Z')) return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  int hours = 0;
  int minutes = 0;
  if ((!take_char(text, '+') && !take_char(text, '-')) || !take_number(text, 2, hours)) return std::nullopt;
  take_char(text, ':');
  if (!take_number(text, 2, minutes)) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

/// Removes the spaces that end a stamp; false: there are none.
bool take_spaces(std::string_view& text) {
  if (!take_char(text, ' ')) return false;
  while (take_char(text, ' ')) continue;
  return true;
}

bool is_valid_day(const CivilTime& time) {
  return std::chrono::year_month_day(std::chrono::year(time.year),
                                     std::chrono::month(static_cast<unsigned>(time.month)),
                                     std::chrono::day(static_cast<unsigned>(time.day)))
      .ok();
}

LogTime in_utc(const CivilTime& time) {
  using std::chrono::sys_days;
  const sys_days day =
      std::chrono::year_month_day(std::chrono::year(time.year), std::chrono::month(static_cast<unsigned>(time.month)),
                                  std::chrono::day(static_cast<unsigned>(time.day)));
  return day + std::chrono::hours(time.hour) + std::chrono::minutes(time.minute) + std::chrono::seconds(time.second) +
         std::chrono::milliseconds(time.millisecond);
}

/// A time of this host's zone as mktime(3) reads it with this tm_isdst; nullopt: the zone has no such time.
std::optional<LogTime> read_in_zone(const CivilTime& time, int is_summer) {
  std::tm local{};
  local.tm_year = time.year - 1900;
  local.tm_mon = time.month - 1;
  local.tm_mday = time.day;
  local.tm_hour = time.hour;
  local.tm_min = time.minute;
  local.tm_isdst = is_summer;
  const std::time_t seconds = std::mktime(&local);
  const bool is_same = local.tm_isdst == is_summer && local.tm_hour == time.hour && local.tm_min == time.minute;
  if (is_summer >= 0 && !is_same) return std::nullopt;
  return LogTime(std::chrono::seconds(seconds));
}

}  // namespace

LogClock::LogClock(std::chrono::system_clock::time_point written) {
  // One day is added, because the clocks of two hosts, or their zones, may differ.
  const std::time_t seconds = std::chrono::system_clock::to_time_t(written + std::chrono::days(1));
  std::tm local{};
  static_cast<void>(::localtime_r(&seconds, &local));  // fails only for years that this clock cannot hold
  written_.year = local.tm_year + 1900;
  written_.month = local.tm_mon + 1;
  written_.day = local.tm_mday;
}

std::optional<LogTime> LogClock::take_stamp(std::string_view& line) {
  if (line.empty()) return std::nullopt;
  return is_digit(line.front()) ? take_rfc3339(line) : take_bsd(line);
}

std::optional<LogTime> LogClock::take_bsd(std::string_view& line) {
  std::string_view rest = line;
  CivilTime time;
  time.month = month_of(rest);
  if (time.month == 0) return std::nullopt;
  rest.remove_prefix(4);
  const std::size_t digits = take_char(rest, ' ') || (rest.size() > 1 && rest[1] == ' ') ? 1 : 2;
  if (!take_number(rest, digits, time.day) || !take_char(rest, ' ') || !take_time_of_day(rest, time) ||
      !take_spaces(rest)) {
    return std::nullopt;
  }
  const bool is_later = std::tie(time.month, time.day) > std::tie(written_.month, written_.day);
  time.year = written_.year - (is_later ? 1 : 0);
  // For 29 February, the latest leap year is used.
  for (int tries = 0; tries < 8 && !is_valid_day(time); ++tries) --time.year;
  if (!is_valid_day(time)) return std::nullopt;
  line = rest;
  return in_local_zone(time);
}

std::optional<LogTime> LogClock::take_rfc3339(std::string_view& line) {
  std::string_view rest = line;
  CivilTime time;
  if (!take_number(rest, 4, time.year) || !take_char(rest, '-') || !take_number(rest, 2, time.month) ||
      !take_char(rest, '-') || !take_number(rest, 2, time.day) || (!take_char(rest, 'T') && !take_char(rest, ' ')) ||
      !take_time_of_day(rest, time) || !is_valid_day(time)) {
    return std::nullopt;
  }
  const bool has_zone = !rest.starts_with(' ');
  const std::optional<int> zone = has_zone ? take_zone(rest) : std::nullopt;
  if ((has_zone && !zone) || !take_spaces(rest)) return std::nullopt;
  line = rest;
  return zone ? in_utc(time) - std::chrono::minutes(*zone) : in_local_zone(time);
}

/// The end of summer time repeats an hour. Its second run begins where the stamps of the log go back.
LogTime LogClock::begin_of(const CivilTime& quarter) {
  const auto summer = read_in_zone(quarter, 1);
  const auto winter = read_in_zone(quarter, 0);
  if (!summer || !winter) {
    is_second_ = false;
    return *read_in_zone(quarter, -1);
  }
  const auto [first, second] = std::minmax(*summer, *winter);
  const auto set_back = last_ - first;
  is_second_ = is_second_ || (set_back > std::chrono::minutes(30) && set_back < std::chrono::minutes(120));
  return is_second_ ? second : first;
}

/// mktime(3) is slow. The offset of a zone changes only at whole quarters of an hour, so one call is enough for a
/// quarter.
LogTime LogClock::in_local_zone(const CivilTime& time) {
  CivilTime quarter = time;
  quarter.minute = time.minute / 15 * 15;
  quarter.second = quarter.millisecond = 0;
  const std::int64_t key = in_utc(quarter).time_since_epoch().count();
  if (key != cached_quarter_) {
    cached_begin_ = begin_of(quarter);
    cached_quarter_ = key;
  }
  last_ = cached_begin_ + std::chrono::minutes(time.minute - quarter.minute) + std::chrono::seconds(time.second) +
          std::chrono::milliseconds(time.millisecond);
  return last_;
}

std::string rfc3339(LogTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace shorthop::tool
