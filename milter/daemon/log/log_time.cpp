#include "daemon/log/log_time.h"

#include <atomic>
#include <cstdint>
#include <ctime>
#include <string_view>

namespace shorthop {
namespace {

using namespace std::chrono;

/// Writes the value at position `at`, as `width` digits with leading zeros.
void put(LogTime& text, std::size_t at, std::size_t width, unsigned value) {
  for (std::size_t i = at + width; i > at; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

unsigned part(auto duration) { return static_cast<unsigned>(duration.count()); }

}  // namespace

LogTime log_time(system_clock::time_point time, minutes offset) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000+00:00";
  LogTime text{};
  form.copy(text.data(), text.size());
  const auto local = floor<milliseconds>(time) + offset;
  const auto midnight = floor<days>(local);
  const year_month_day date(midnight);
  const hh_mm_ss clock(local - midnight);
  const hh_mm_ss zone(abs(offset));
  put(text, 0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(text, 5, 2, static_cast<unsigned>(date.month()));
  put(text, 8, 2, static_cast<unsigned>(date.day()));
  put(text, 11, 2, part(clock.hours()));
  put(text, 14, 2, part(clock.minutes()));
  put(text, 17, 2, part(clock.seconds()));
  put(text, 20, 3, part(clock.subseconds()));
  if (offset < minutes(0)) text[23] = '-';
  put(text, 24, 2, part(zone.hours()));
  put(text, 27, 2, part(zone.minutes()));
  return text;
}

// Offsets change at quarter hours only. The process caches the last offset: localtime_r(3) takes a lock, and the
// threads of all connections would wait for it.
minutes utc_offset(system_clock::time_point time) {
  constexpr std::int64_t radix = 4096;              // more than the range of offsets in minutes
  static std::atomic<std::int64_t> cached = radix;  // quarter hour and offset in one value, so that they are consistent
  const std::int64_t quarter = floor<minutes>(time.time_since_epoch()) / minutes(15);
  const std::int64_t last = cached.load(std::memory_order_relaxed);
  if (last / radix == quarter) return minutes(last % radix - radix / 2);
  const std::time_t second = system_clock::to_time_t(time);
  std::tm local{};
  static_cast<void>(::localtime_r(&second, &local));
  const auto offset = floor<minutes>(seconds(local.tm_gmtoff));
  cached.store(quarter * radix + offset.count() + radix / 2, std::memory_order_relaxed);
  return offset;
}

}  // namespace shorthop
