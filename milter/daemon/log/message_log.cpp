#include "daemon/log/message_log.h"

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

constexpr const char* hidden = "hidden";  // replaces addresses if log-recipients = no

RecipientReport without_names(RecipientReport report) {
  Decision decision = *report.decision;
  decision.to.clear();
  report.decision = std::make_shared<const Decision>(std::move(decision));
  report.recipient = hidden;
  return report;
}

PredictionReport without_names(PredictionReport report) {
  report.awaited.recipient = hidden;
  report.awaited.expected.clear();
  if (!report.came_for.empty()) report.came_for = hidden;
  return report;
}

std::vector<LogField> fields_of(std::string_view queue_id, const RecipientReport& report) {
  const Decision& decision = *report.decision;
  std::vector<LogField> fields = {{"SHORTHOP_QUEUE_ID", std::string(queue_id)},
                                  {"SHORTHOP_RECIPIENT", report.recipient},
                                  {"SHORTHOP_DECISION", std::string(name_of(decision.verdict))},
                                  {"SHORTHOP_REASON", std::string(name_of(decision.reason))}};
  for (const Address& target : decision.to) fields.push_back({"SHORTHOP_TARGET", target.external()});
  if (report.relay != nullptr) fields.push_back({"SHORTHOP_GENERATION", report.relay->fingerprint});
  return fields;
}

std::vector<LogField> fields_of(const PredictionReport& report) {
  const Awaited& awaited = report.awaited;
  std::vector<LogField> fields = {{"SHORTHOP_QUEUE_ID", report.queue_id},
                                  {"SHORTHOP_RECIPIENT", awaited.recipient},
                                  {"SHORTHOP_PREDICTION", std::string(name_of(report.result))},
                                  {"SHORTHOP_REASON", std::string(name_of(awaited.reason))}};
  for (const std::string& target : awaited.expected) fields.push_back({"SHORTHOP_TARGET", target});
  if (!awaited.fingerprint.empty()) fields.push_back({"SHORTHOP_GENERATION", awaited.fingerprint});
  return fields;
}

void log_recipient(Log& log, std::string_view queue_id, const RecipientReport& report,
                   std::optional<std::uint64_t> size) {
  const bool is_json = log.format() == LogFormat::json;
  log.write_recipient(LogLevel::info,
                      is_json ? log_line_json(queue_id, report, size) : log_line(queue_id, report, size),
                      fields_of(queue_id, report));
}

}  // namespace

void log_message(Log& log, std::string_view queue_id, const Outcome& outcome) {
  if (outcome.reports.empty() || !log.shows(LogLevel::info)) return;
  for (const auto& report : outcome.reports) {
    log_recipient(log, queue_id, log.names_recipients() ? report : without_names(report), outcome.size);
  }
  if (!log.shows(LogLevel::debug) || !log.names_recipients()) return;
  for (const auto& report : outcome.reports) log_chain(log, queue_id, report);
}

void log_refusal(Log& log, std::string_view queue_id, const RecipientReport& report) {
  if (!log.shows(LogLevel::info)) return;
  log_recipient(log, queue_id, log.names_recipients() ? report : without_names(report), std::nullopt);
}

void log_prediction(Log& log, const PredictionReport& report) {
  const LogLevel level = report.result == PredictionResult::refuted ? LogLevel::warning : LogLevel::info;
  if (!log.shows(level)) return;
  const PredictionReport shown = log.names_recipients() ? report : without_names(report);
  log.write_recipient(level, log.format() == LogFormat::json ? prediction_line_json(shown) : prediction_line(shown),
                      fields_of(shown));
}

}  // namespace shorthop
