#include "daemon/message_log.h"

#include <algorithm>
#include <string>

#include "session/explain.h"

namespace shorthop {
namespace {

/// No line of a chain is one of key=value, whatever addresses and commands are in it.
std::string without_fields(std::string_view line) {
  std::string text;
  for (const char c : line) text += c == '=' ? std::string_view("\\x3d") : std::string_view(&c, 1);
  return text;
}

void log_chain(Log& log, std::string_view queue_id, const RecipientReport& report) {
  const std::string chain = explained(report.recipient, *report.decision);
  for (std::size_t start = 0; start < chain.size();) {
    const auto end = std::min(chain.find('\n', start), chain.size());
    std::string line;
    append_queue_id(line, queue_id);
    log.debug(line.append(": ").append(without_fields(std::string_view(chain).substr(start, end - start))));
    start = end + 1;
  }
}

}  // namespace

void log_message(Log& log, std::string_view queue_id, const Outcome& outcome) {
  if (outcome.reports.empty() || !log.shows(LogLevel::info)) return;
  for (const auto& report : outcome.reports)
    log.write_recipient(log.format() == LogFormat::json ? log_line_json(queue_id, report, outcome.size)
                                                        : log_line(queue_id, report, outcome.size));
  if (!log.shows(LogLevel::debug)) return;
  for (const auto& report : outcome.reports) log_chain(log, queue_id, report);
}

}  // namespace shorthop
