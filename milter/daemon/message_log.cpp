#include "daemon/message_log.h"

#include <string>

#include "session/explain.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// Keeps lines of a chain from looking like key=value lines, whatever addresses and commands they contain.
std::string without_fields(std::string_view line) {
  std::string text;
  for (const char c : line) text += c == '=' ? std::string_view("\\x3d") : std::string_view(&c, 1);
  return text;
}

void log_chain(Log& log, std::string_view queue_id, const RecipientReport& report) {
  const std::string chain = explained(report.recipient, *report.decision);
  for (const std::string_view step : lines_of(chain)) {
    std::string line;
    append_queue_id(line, queue_id);
    log.debug(line.append(": ").append(without_fields(step)));
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
