// One line of a log as syslog daemons write it: time stamp, host, "program[pid]:" and text. Reads no file.
// Formats: the traditional one (RFC 3164), with a stamp of RFC 3164 or RFC 3339, with or without "<PRI>"; and the
// format of RFC 5424. What docker logs, BusyBox and Solaris add to a line is removed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "tool/discover/log/log_time.h"

namespace shorthop::tool {

/// Views into the line.
struct LogLine {
  LogTime time;
  std::string_view host;
  std::string_view program;  ///< "postfix/smtpd", without the process ID
  std::string_view text;     ///< after "program[pid]: "; in a "message repeated" line: the repeated text
  std::size_t repeats = 1;   ///< how often the text was written
};

/// nullopt: not a line of a log. Any bytes are accepted.
std::optional<LogLine> parse_log_line(std::string_view line, LogClock& clock);

/// Unwraps rsyslog's "message repeated 2 times: [ TEXT]" (its msg.c): the number of times and TEXT.
void unwrap_repeated(LogLine& line);

}  // namespace shorthop::tool
