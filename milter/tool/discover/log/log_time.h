// The time stamps of logs, in the form of BSD syslog ("Nov 28 14:22:04", RFC 3164) or of RFC 3339
// ("2026-11-28T14:22:04.123456+01:00"). Reads no file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop::tool {

using LogTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// A day and a time of day as written.
struct CivilTime {
  int year = 0;
  int month = 0;   ///< 1 to 12
  int day = 0;     ///< 1 to 31
  int hour = 0;    ///< 0 to 23
  int minute = 0;  ///< 0 to 59
  int second = 0;  ///< 0 to 60
  int millisecond = 0;
};

class LogClock {
 public:
  /// `written`: when the end of the log was written. A stamp without a year gets the latest year with which it is at
  /// most a day after `written`.
  explicit LogClock(std::chrono::system_clock::time_point written);

  /// Removes a stamp and the spaces after it from the front of a line. nullopt if there is no stamp; the line is then
  /// unchanged. A stamp without a time zone is in this host's zone (localtime(3)). The end of summer time repeats an
  /// hour: a stamp in that hour belongs to its second run if earlier stamps show that the first run has passed.
  std::optional<LogTime> take_stamp(std::string_view& line);

 private:
  std::optional<LogTime> take_bsd(std::string_view& line);
  std::optional<LogTime> take_rfc3339(std::string_view& line);
  LogTime in_local_zone(const CivilTime& time);
  LogTime begin_of(const CivilTime& quarter);

  CivilTime written_;
  std::int64_t cached_quarter_ = -1;  ///< the quarter of an hour converted last, as a number; -1: none
  LogTime cached_begin_;              ///< its beginning
  LogTime last_;                      ///< the time of the last stamp without a zone
  bool is_second_ = false;            ///< that stamp was in the second run of a repeated hour
};

/// "2026-11-28T14:22:04Z" (RFC 3339).
std::string rfc3339(LogTime time);

}  // namespace shorthop::tool
