// shorthop check, the doctor: problems on this host, why they matter, and how to fix them.
#include <fmt/format.h>
#include <sysexits.h>

#include "text/amounts.h"
#include "text/ascii.h"
#include "text/json.h"
#include "tool/actions.h"
#include "tool/doctor/checks.h"
#include "tool/doctor/difference_table.h"
#include "tool/doctor/gather/gather.h"
#include "tool/doctor/monitoring.h"

namespace shorthop::tool {
namespace {

struct Totals {
  std::size_t relays = 0;
  std::size_t domains = 0;
  std::size_t entries = 0;
};

Totals totals_of(const HostFacts& facts) {
  Totals totals;
  if (facts.settings) {
    totals.relays = facts.settings->relays.size();
    for (const RelaySettings& relay : facts.settings->relays) totals.domains += relay.domains.value.size();
  }
  for (const TableFacts& table : facts.tables) totals.entries += table.entries.value_or(0);
  return totals;
}

std::string text_of(const Finding& finding) {
  std::string text;
  if (!finding.origin.file.empty()) text = one_line(finding.origin.text()) + ": ";
  text += fmt::format("{}: {} [{}]\n    why: {}\n", name_of(finding.severity), one_line(finding.what), finding.code,
                      finding.why);
  if (!finding.fix.empty()) text += fmt::format("    fix: {}\n", one_line(finding.fix));
  return text;
}

void print_text(const HostFacts& facts, const Findings& findings, Output& output) {
  for (const Finding& finding : findings.all()) output.write(text_of(finding));
  for (const TableFacts& table : facts.tables) {
    output.write(fmt::format("{}: {}: {}\n", one_line(table.relay), one_line(table.name),
                             table.entries ? counted(*table.entries, "entry", "entries") : "not counted"));
  }
  for (const LiveTableFacts& table : facts.live_tables) {
    output.write(fmt::format("{}: {}: {}\n", table.relay.empty() ? "this host" : one_line(table.relay),
                             one_line(table.name),
                             table.failure ? "failed" : fmt::format("answered in {} ms", table.taken.count())));
  }
  output.write(difference_tables(facts));
  const Totals totals = totals_of(facts);
  output.write(fmt::format("{}, {}, {} with {}: {}, {}\n", counted(totals.relays, "relay", "relays"),
                           counted(totals.domains, "domain", "domains"),
                           counted(facts.tables.size(), "table", "tables"), counted(totals.entries, "entry", "entries"),
                           counted(findings.count(Severity::error), "error", "errors"),
                           counted(findings.count(Severity::warning), "warning", "warnings")));
}

std::string json_of(const Finding& finding) {
  return JsonObject()
      .text("severity", name_of(finding.severity))
      .text("file", finding.origin.file)
      .number("line", finding.origin.line)
      .text("what", finding.what)
      .text("fix", finding.fix)
      .text("code", finding.code)
      .text("why", finding.why)
      .str();
}

void add_table(JsonObject& json, const TableFacts& table) {
  json.text("relay", table.relay).text("table", table.name);
  if (table.entries) {
    json.number("entries", *table.entries);
  } else {
    json.null("entries");
  }
}

void add_live_table(JsonObject& json, const LiveTableFacts& table) {
  json.text("relay", table.relay)
      .text("table", table.name)
      .number("milliseconds", static_cast<std::uint64_t>(table.taken.count()));
  json.boolean("answered", !table.failure);
}

void add_survey(JsonObject& json, const SurveyFacts& survey) {
  json.text("relay", survey.relay).number("aliases", survey.recipients).number("rewritten", survey.rewritten);
  json.object("kept", [&](JsonObject& kept) {
    for (const auto& [reason, count] : survey.kept) kept.number(reason, count);
  });
}

/// One line per finding, then a summary of what was read.
void print_json(const HostFacts& facts, const Findings& findings, Output& output) {
  for (const Finding& finding : findings.all()) output.write(json_of(finding) + "\n");
  const Totals totals = totals_of(facts);
  JsonObject summary;
  summary.number("errors", findings.count(Severity::error))
      .number("warnings", findings.count(Severity::warning))
      .number("notes", findings.count(Severity::note))
      .number("relays", totals.relays)
      .number("domains", totals.domains)
      .objects("tables", facts.tables, add_table)
      .objects("live_tables", facts.live_tables, add_live_table)
      .objects("savings", facts.surveys, add_survey);
  add_differences(summary, facts);
  output.write(summary.str() + "\n");
}

/// Lists all codes, as rows or as JSON.
void print_codes(bool json, Output& output) {
  for (const FindingRow& row : finding_rows()) {
    output.write(
        json ? JsonObject().text("code", row.code).text("severity", name_of(row.severity)).text("why", row.why).str() +
                   "\n"
             : fmt::format("{:<25} {:<8} {}\n", row.code, name_of(row.severity), row.why));
  }
}

}  // namespace

int check(const Invocation& invocation, Streams& streams) {
  if (invocation.has("codes")) {
    print_codes(invocation.has("json"), streams.output);
    return EX_OK;
  }
  const CheckOptions options{invocation.config, std::string(text_or_empty(invocation.options, "postfix-config")),
                             !invocation.has("no-dns")};
  const HostFacts facts = gather(options);
  const Findings findings = examine(facts);
  if (invocation.has("monitoring")) {
    const Monitoring monitoring = monitoring_of(facts, findings);
    streams.output.write(monitoring.text);
    return static_cast<int>(monitoring.status);
  }
  if (invocation.has("json")) {
    print_json(facts, findings, streams.output);
  } else {
    print_text(facts, findings, streams.output);
  }
  return exit_status(findings.all(), invocation.has("strict"));
}

}  // namespace shorthop::tool
