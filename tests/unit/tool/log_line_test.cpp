// Lines of logs: every form of stamp, tag and repetition that syslog daemons write.
#include "tool/discover/log/log_line.h"

#include <cstdlib>
#include <string>

#include "support/catch.h"

using shorthop::tool::LogClock;
using shorthop::tool::parse_log_line;
using shorthop::tool::rfc3339;

namespace {

/// 28 November 2026, noon.
std::chrono::system_clock::time_point late_november() {
  return std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + std::chrono::hours(12);
}

/// "stamp|host|program|text|repeats", or "none".
std::string parsed(std::string_view line) {
  ::setenv("TZ", "UTC", 1);
  LogClock clock(late_november());
  const auto found = parse_log_line(line, clock);
  if (!found) return "none";
  return rfc3339(found->time) + "|" + std::string(found->host) + "|" + std::string(found->program) + "|" +
         std::string(found->text) + "|" + std::to_string(found->repeats);
}

}  // namespace

TEST_CASE("RFC 3164: a BSD stamp, where a day of one digit is padded with a space", "[tool][discover]") {
  CHECK(parsed("Nov 28 10:00:01 mx postfix/smtpd[1]: a b") == "2026-11-28T10:00:01Z|mx|postfix/smtpd|a b|1");
  CHECK(parsed("Nov  3 10:00:01 mx postfix/smtpd[1]: a") == "2026-11-03T10:00:01Z|mx|postfix/smtpd|a|1");
  CHECK(parsed("Nov 3 10:00:01 mx postfix/smtpd[1]: a") == "2026-11-03T10:00:01Z|mx|postfix/smtpd|a|1");
  CHECK(parsed("Nov 28 10:00:01.123456 mx postfix/smtpd[1]: a") == "2026-11-28T10:00:01Z|mx|postfix/smtpd|a|1");
}

TEST_CASE("a BSD stamp has the latest year that is not after the end of the log", "[tool][discover]") {
  CHECK(parsed("Dec 31 23:59:59 mx kernel: a") == "2025-12-31T23:59:59Z|mx|kernel|a|1");
  CHECK(parsed("Nov 29 10:00:00 mx kernel: a") == "2026-11-29T10:00:00Z|mx|kernel|a|1");
  CHECK(parsed("Feb 29 10:00:00 mx kernel: a") == "2024-02-29T10:00:00Z|mx|kernel|a|1");
}

TEST_CASE("RFC 3339: with a zone, with a fraction, without a colon in the zone", "[tool][discover]") {
  CHECK(parsed("2026-11-28T10:00:01.999999+01:00 mx postfix/qmgr[1]: a") == "2026-11-28T09:00:01Z|mx|postfix/qmgr|a|1");
  CHECK(parsed("2026-11-28T10:00:01-0530 mx postfix/qmgr[1]: a") == "2026-11-28T15:30:01Z|mx|postfix/qmgr|a|1");
  CHECK(parsed("2026-11-28T10:00:01Z mx postfix/qmgr[1]: a") == "2026-11-28T10:00:01Z|mx|postfix/qmgr|a|1");
  CHECK(parsed("2026-11-28 10:00:01 mx postfix/qmgr[1]: a") == "2026-11-28T10:00:01Z|mx|postfix/qmgr|a|1");
}

TEST_CASE("a stamp without a zone is local time, also across a change of the clocks", "[tool][discover]") {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  LogClock clock(late_november());
  std::string_view summer = "Oct 25 01:59:59 ";
  std::string_view winter = "Oct 25 03:00:00 ";
  CHECK(rfc3339(*clock.take_stamp(summer)) == "2026-10-24T23:59:59Z");
  CHECK(rfc3339(*clock.take_stamp(winter)) == "2026-10-25T02:00:00Z");
  ::setenv("TZ", "UTC", 1);
}

TEST_CASE("at the end of summer time one hour comes twice; earlier lines tell in which of the two a line was written",
          "[tool][discover]") {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  LogClock clock(late_november());
  std::string times;
  for (std::string_view stamp : {"Oct 25 02:30:00 ", "Oct 25 02:59:59 ", "Oct 25 02:00:01 ", "Oct 25 02:59:59 ",
                                 "Oct 25 03:00:00 ", "Mar 29 01:59:59 ", "Mar 29 03:00:00 "}) {
    times += rfc3339(*clock.take_stamp(stamp)).substr(11) + " ";
  }
  CHECK(times == "00:30:00Z 00:59:59Z 01:00:01Z 01:59:59Z 02:00:00Z 00:59:59Z 01:00:00Z ");
  ::setenv("TZ", "UTC", 1);
}

TEST_CASE("what docker, BusyBox, Solaris and RFC 5424 add to a line is removed", "[tool][discover]") {
  const std::string same = "2026-11-28T10:00:01Z|mx|postfix/smtpd|a b|1";
  CHECK(parsed("postfix-1  | Nov 28 10:00:01 mx postfix/smtpd[1]: a b") == same);
  CHECK(parsed("2026-11-28T10:00:01.123456789Z Nov 28 12:00:00 mx postfix/smtpd[1]: a b") == same);
  CHECK(parsed("Nov 28 10:00:01 mx postfix/smtpd[1]: [ID 197553 mail.info] a b") == same);
  CHECK(parsed("Nov 28 10:00:01 mx mail.info postfix/smtpd[1]: a b") == same);
  CHECK(parsed("\xef\xbb\xbfNov 28 10:00:01 mx postfix/smtpd[1]: a b") == same);
  CHECK(parsed("<22>1 2026-11-28T10:00:01Z mx postfix/smtpd 17 - - \xef\xbb\xbf"
               "a b") == same);
}

TEST_CASE("postconf(5): a syslog_name may have colons and brackets", "[tool][discover]") {
  CHECK(parsed("Nov 28 10:00:01 mx postfix/127.0.0.1:10025/smtpd[1]: a: b") ==
        "2026-11-28T10:00:01Z|mx|postfix/127.0.0.1:10025/smtpd|a: b|1");
  CHECK(parsed("Nov 28 10:00:01 mx postfix/[::1]:10025/smtpd[1]: a") ==
        "2026-11-28T10:00:01Z|mx|postfix/[::1]:10025/smtpd|a|1");
}

TEST_CASE("RFC 5424: priority, version and structured data before a text are removed", "[tool][discover]") {
  CHECK(parsed("<22>Nov 28 10:00:01 mx postfix/smtpd[1]: a") == "2026-11-28T10:00:01Z|mx|postfix/smtpd|a|1");
  CHECK(parsed("<22>1 2026-11-28T10:00:01Z mx postfix/smtpd 17 - - a b") ==
        "2026-11-28T10:00:01Z|mx|postfix/smtpd|a b|1");
  CHECK(parsed("<22>1 2026-11-28T10:00:01Z mx postfix/smtpd 17 - [a b=\"\\]\"][c] text") ==
        "2026-11-28T10:00:01Z|mx|postfix/smtpd|text|1");
}

TEST_CASE("rsyslog: \"message repeated N times\" is the repeated line with its number", "[tool][discover]") {
  CHECK(parsed("Nov 28 10:00:01 mx postfix/smtpd[1]: message repeated 12 times: [ ABCDE1: removed]") ==
        "2026-11-28T10:00:01Z|mx|postfix/smtpd|ABCDE1: removed|12");
  CHECK(parsed("Nov 28 10:00:01 mx postfix/smtpd[1]: message repeated 0 times: [ a]").ends_with("times: [ a]|1"));
  CHECK(parsed("Nov 28 10:00:01 mx postfix/smtpd[1]: message repeated 2 times: [ ]").ends_with("||2"));
}

TEST_CASE("a text that is not a complete log line is not read as one", "[tool][discover]") {
  for (const std::string_view line : {"",
                                      " ",
                                      "Nov",
                                      "Nov 28",
                                      "Nov 28 10:00:01",
                                      "Nov 28 10:00:01 ",
                                      "Nov 28 10:00:01 mx",
                                      "Nov 31 10:00:01 mx a: b",
                                      "Nov 28 24:00:01 mx a: b",
                                      "Nov 28 10:60:01 mx a: b",
                                      "Foo 28 10:00:01 mx a: b",
                                      "2026-13-01T00:00:00Z mx a: b",
                                      "2026-11-28T10:00:01+1 mx a: b",
                                      "Nov 28 10:00:01 mx last message repeated 2 times",
                                      "<22",
                                      "<22>",
                                      "<22>1 ",
                                      "99999",
                                      "Nov 28 10:00:01 mx a[b",
                                      "\xff\xfe",
                                      "Feb 30 10:00:00 mx a: b"}) {
    CAPTURE(line);
    CHECK(parsed(line) == "none");
  }
}
