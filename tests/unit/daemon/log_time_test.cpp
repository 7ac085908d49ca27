// The time of a log line, compared with libc's.
#include "daemon/log/log_time.h"

#include <ctime>
#include <string>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::chrono;

std::string text_of(system_clock::time_point time, minutes offset) {
  const LogTime text = log_time(time, offset);
  return {text.data(), text.size()};
}

system_clock::time_point at(std::int64_t milli) { return system_clock::time_point(milliseconds(milli)); }

/// The time as strftime(3) writes it, without milliseconds.
std::string by_libc(std::int64_t milli, minutes offset) {
  const std::time_t shifted = milli / 1000 + 60 * offset.count();
  std::tm parts{};
  ::gmtime_r(&shifted, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts)};
}

TEST_CASE("log time: date, time, milliseconds and offset", "[daemon][log_time]") {
  CHECK(text_of(at(1795339655186), minutes(0)) == "2026-11-22T09:27:35.186+00:00");
  CHECK(text_of(at(1795339655186), minutes(330)) == "2026-11-22T14:57:35.186+05:30");
  CHECK(text_of(at(1795339655186), minutes(-570)) == "2026-11-21T23:57:35.186-09:30");
  CHECK(text_of(at(0), minutes(0)) == "1970-01-01T00:00:00.000+00:00");
  CHECK(text_of(at(951782399999), minutes(0)) == "2000-02-28T23:59:59.999+00:00");
  CHECK(text_of(at(951782400000), minutes(0)) == "2000-02-29T00:00:00.000+00:00");
}

TEST_CASE("log time: the same as strftime(3), over a hundred years", "[daemon][log_time]") {
  std::size_t seen = 0;
  for (std::int64_t milli = 7; milli < 3'155'760'000'000; milli += 86'399'999 * 11) {
    for (const int offset : {-720, -210, 0, 60, 845}) {
      const std::string text = text_of(at(milli), minutes(offset));
      if (text.substr(0, 19) != by_libc(milli, minutes(offset)))
        FAIL(text << " is not " << by_libc(milli, minutes(offset)));
      ++seen;
    }
  }
  CHECK(seen > 15'000);
}

TEST_CASE("log time: the offset is libc's, looked up each quarter of an hour", "[daemon][log_time]") {
  for (std::int64_t quarter = 1'990'000; quarter < 2'100'000; quarter += 7) {
    const auto time = system_clock::time_point(minutes(15 * quarter) + seconds(1));
    const std::time_t second = system_clock::to_time_t(time);
    std::tm local{};
    ::localtime_r(&second, &local);
    const auto wanted = floor<minutes>(seconds(local.tm_gmtoff));
    if (utc_offset(time) != wanted || utc_offset(time + seconds(800)) != wanted) FAIL("quarter " << quarter);
  }
  SUCCEED();
}

}  // namespace
}  // namespace shorthop::test
