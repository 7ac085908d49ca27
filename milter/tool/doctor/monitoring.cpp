#include "tool/doctor/monitoring.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "text/amounts.h"
#include "text/ascii.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_line = 200;
constexpr std::size_t max_more_lines = 20;

std::string_view name_of(MonitoringStatus status) {
  constexpr std::array<std::string_view, 4> names = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return names[static_cast<std::size_t>(status)];
}

MonitoringStatus status_of(const Findings& findings) {
  MonitoringStatus status = MonitoringStatus::ok;
  for (const Finding& finding : findings.all()) {
    if (finding.severity == Severity::error) {
      if (finding.error_class != ErrorClass::temporary) return MonitoringStatus::critical;
      status = MonitoringStatus::unknown;
    } else if (finding.severity == Severity::warning && status == MonitoringStatus::ok) {
      status = MonitoringStatus::warning;
    }
  }
  return status;
}

/// The text of a finding, without '|', which would begin the performance data.
std::string shown(const Finding& finding) {
  std::string text = fmt::format("{} [{}]", one_line(finding.what, max_line), finding.code);
  std::ranges::replace(text, '|', '/');
  return text;
}

/// A label. Characters of the relay other than letters, digits, '.' and '-' become '_'. A label with a space is in
/// quotes.
std::string label_of(std::string_view name, std::string_view relay) {
  std::string label(name);
  if (relay.empty()) return label;
  label += ' ';
  for (const char c : relay) {
    label += is_letter_or_digit(c) || c == '.' || c == '-' ? c : '_';
  }
  return "'" + label + "'";
}

/// label=value[unit];warning;critical;minimum
void add_figure(std::string& out, const std::string& label, std::uint64_t value, std::string_view limits = ";;") {
  out += fmt::format(" {}={}{};0", label, value, limits);
}

/// The age of each relay's data, with max-age as the limit for a warning: older data is not used, but no mail is lost.
void add_ages(std::string& out, const HostFacts& facts) {
  std::set<const Relay*> seen;  // the map has a relay once for each of its domains
  for (const auto& [domain, relay] : facts.snapshot->relay_by_domain) {
    if (relay->newest.file.empty() || !seen.insert(relay.get()).second) continue;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(facts.now - relay->newest.time).count();
    const std::string limit = relay->max_age ? fmt::format("s;{};", relay->max_age->count()) : "s;;";
    add_figure(out, label_of("age", relay->name), static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)), limit);
  }
}

std::string performance_of(const HostFacts& facts, const Findings& findings) {
  std::string out;
  add_figure(out, "errors", findings.count(Severity::error), ";;0");
  add_figure(out, "warnings", findings.count(Severity::warning), ";0;");
  add_figure(out, "notes", findings.count(Severity::note));
  for (const SurveyFacts& survey : facts.surveys) {
    add_figure(out, label_of("aliases", survey.relay), survey.recipients);
    add_figure(out, label_of("rewritten", survey.relay), survey.rewritten);
  }
  if (facts.snapshot) add_ages(out, facts);
  return out;
}

}  // namespace

Monitoring monitoring_of(const HostFacts& facts, const Findings& findings) {
  Monitoring result{status_of(findings), {}};
  const std::size_t errors = findings.count(Severity::error);
  const std::size_t warnings = findings.count(Severity::warning);
  result.text = fmt::format("SHORTHOP {}: {}, {}", name_of(result.status), counted(errors, "error", "errors"),
                            counted(warnings, "warning", "warnings"));
  if (errors + warnings > 0) result.text += ": " + shown(findings.all().front());
  result.text += " |" + performance_of(facts, findings) + "\n";
  for (std::size_t at = 0; at < std::min(errors + warnings, max_more_lines); ++at) {
    const Finding& finding = findings.all()[at];
    result.text += fmt::format("{}: {}\n", shorthop::name_of(finding.severity), shown(finding));
  }
  return result;
}

}  // namespace shorthop::tool
