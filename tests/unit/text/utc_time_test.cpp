// Times of manifests: RFC 3339 in UTC.
#include "text/utc_time.h"

#include "support/catch.h"

namespace shorthop::test {

using namespace std::chrono;

TEST_CASE("a time in UTC is read and written in one form", "[text][rfc3339]") {
  const auto noon = sys_days(year(2026) / November / 28) + hours(12) + minutes(1) + seconds(2);
  CHECK(parse_utc_time("2026-11-28T12:01:02Z") == noon);
  CHECK(utc_time_text(noon) == "2026-11-28T12:01:02Z");
  CHECK(parse_utc_time("1970-01-01T00:00:00Z") == sys_seconds());
  CHECK(utc_time_text(sys_seconds(seconds(-1))) == "1969-12-31T23:59:59Z");
}

TEST_CASE("other forms, and days that do not exist, are not a time", "[text][rfc3339]") {
  for (const char* text :
       {"", "2026-11-28", "2026-11-28 12:01:02Z", "2026-11-28T12:01:02+01:00", "2026-11-28T12:01:02z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-28T24:00:00Z", "2026-11-28T12:60:00Z",
        "2026-11-28T12:01:60Z", "-026-11-28T12:01:02Z", "2026-11-28T12:01:02ZZ", "2026-1 -28T12:01:02Z",
        "2026-11-28T+2:01:02Z", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_utc_time(text));
  }
}

}  // namespace shorthop::test
