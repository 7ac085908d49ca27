// shorthop check: everything that is wrong with settings and tables, with place and mend, and what was read.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <span>

#include "load/load.h"
#include "tool/actions.h"
#include "tool/json_object.h"

namespace shorthop::tool {
namespace {

struct TableReport {
  std::string relay;
  std::string name;
  std::optional<std::size_t> entries;  ///< absent: a live database, which nobody counts
};

struct Findings {
  Diagnostics problems;
  std::size_t relays = 0;
  std::size_t domains = 0;
  std::vector<TableReport> tables;  ///< empty if the tables could not be read

  std::size_t count(Severity severity) const {
    return static_cast<std::size_t>(std::ranges::count(problems, severity, &Diagnostic::severity));
  }
};

void add(Diagnostics& all, const Diagnostics& more) { all.insert(all.end(), more.begin(), more.end()); }

void add_tables(Findings& findings, const std::string& relay, const TableList& tables) {
  for (const auto& table : tables.tables()) findings.tables.push_back({relay, table->name(), table->entries()});
}

void add_relays(Findings& findings, const Snapshot& snapshot) {
  std::set<const Relay*> seen;  // a relay stands in the map once for each of its domains
  for (const auto& [domain, relay] : snapshot.relay_by_domain) {
    if (!seen.insert(relay.get()).second) continue;
    add_tables(findings, relay->name, relay->primary.virtual_aliases);
    add_tables(findings, relay->name, relay->primary.aliases);
    if (relay->primary.mailboxes) add_tables(findings, relay->name, *relay->primary.mailboxes);
  }
}

Findings find_out(const std::string& config) {
  Findings findings;
  Diagnostics warnings;
  const auto settings = read_settings(config, SystemFiles(), warnings);
  if (!settings) {
    add(findings.problems, settings.error());
  } else {
    findings.relays = settings->relays.size();
    for (const RelaySettings& relay : settings->relays) findings.domains += relay.domains.value.size();
    const auto snapshot = load_snapshot(*settings, std::make_shared<SystemFiles>(), warnings);
    if (snapshot) {
      add_relays(findings, **snapshot);
    } else {
      add(findings.problems, snapshot.error());
    }
  }
  add(findings.problems, warnings);
  return findings;
}

std::string counted(std::size_t number, std::string_view thing, std::string_view things) {
  return fmt::format("{} {}", number, number == 1 ? thing : things);
}

std::string summary(const Findings& findings) {
  std::size_t entries = 0;
  for (const TableReport& table : findings.tables) entries += table.entries.value_or(0);
  return fmt::format("{}, {}, {} with {}: {}, {}", counted(findings.relays, "relay", "relays"),
                     counted(findings.domains, "domain", "domains"), counted(findings.tables.size(), "table", "tables"),
                     counted(entries, "entry", "entries"), counted(findings.count(Severity::error), "error", "errors"),
                     counted(findings.count(Severity::warning), "warning", "warnings"));
}

void print_text(const Findings& findings, Output& output) {
  for (const Diagnostic& problem : findings.problems) output.write(problem.text() + "\n");
  for (const TableReport& table : findings.tables) {
    output.write(fmt::format("{}: {}: {}\n", table.relay, table.name,
                             table.entries ? counted(*table.entries, "entry", "entries") : "not counted"));
  }
  output.write(summary(findings) + "\n");
}

std::string_view name_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string json_of(const Diagnostic& problem) {
  return JsonObject()
      .text("severity", name_of(problem.severity))
      .text("file", problem.file)
      .number("line", problem.line)
      .text("what", problem.what)
      .text("mend", problem.mend)
      .str();
}

std::string json_of(const TableReport& table) {
  return JsonObject()
      .text("relay", table.relay)
      .text("table", table.name)
      .raw("entries", table.entries ? std::to_string(*table.entries) : "null")
      .str();
}

template <class Element>
std::string json_list(const std::vector<Element>& elements) {
  std::vector<std::string> texts;
  texts.reserve(elements.size());
  for (const Element& element : elements) texts.push_back(json_of(element));
  return fmt::format("[{}]", fmt::join(texts, ","));
}

std::string json_of(const Findings& findings) {
  return JsonObject()
      .number("errors", findings.count(Severity::error))
      .number("warnings", findings.count(Severity::warning))
      .number("relays", findings.relays)
      .number("domains", findings.domains)
      .raw("tables", json_list(findings.tables))
      .raw("problems", json_list(findings.problems))
      .str();
}

}  // namespace

int check(const Invocation& invocation, Streams& streams) {
  const Findings findings = find_out(invocation.config);
  if (invocation.has("json")) {
    streams.output.write(json_of(findings) + "\n");
  } else {
    print_text(findings, streams.output);
  }
  return exit_status(findings.problems);
}

}  // namespace shorthop::tool
