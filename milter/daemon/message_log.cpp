#include "daemon/message_log.h"

#include <algorithm>
#include <string>

#include "session/explain.h"

namespace shorthop {
namespace {

void log_chain(Log& log, std::string_view queue_id, const RecipientReport& report) {
  const std::string chain = explained(report.recipient, *report.decision);
  for (std::size_t start = 0; start < chain.size();) {
    const auto end = std::min(chain.find('\n', start), chain.size());
    log.debug(std::string(queue_id) + ": " + chain.substr(start, end - start));
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
