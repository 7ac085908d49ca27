#include "tool/doctor/difference_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

struct TableRow {
  std::string_view relay;
  std::string_view name;
  bool harms;
  bool is_accepted;
  std::string primary;
  std::string here;
  std::string_view meaning;
};

const std::vector<std::string>& accepted_by(const HostFacts& facts, const std::string& relay) {
  static const std::vector<std::string> nothing;
  const auto settings = std::ranges::find(facts.settings->relays, relay, &RelaySettings::name);
  return settings == facts.settings->relays.end() ? nothing : settings->accepted_differences.value;
}

std::vector<TableRow> rows_of(const HostFacts& facts, const RelayDifferences& relay) {
  const std::vector<std::string>& accepted = accepted_by(facts, relay.relay);
  std::vector<TableRow> rows;
  for (const Difference& difference : relay.found) {
    const DifferenceRow& row = *difference.row;
    rows.push_back({relay.relay, row.name, row.harms, is_accepted(difference, accepted),
                    one_line(difference.sides.primary), one_line(difference.sides.here), row.meaning});
  }
  return rows;
}

std::string_view yes_or_no(bool value) { return value ? "yes" : "no"; }

std::string table_of(const HostFacts& facts, const RelayDifferences& relay) {
  const std::string name = one_line(relay.relay);
  const std::vector<TableRow> rows = rows_of(facts, relay);
  if (rows.empty())
    return fmt::format(
        "{}: no difference found: this host does to mail what the primary does, as far as its settings show\n", name);
  constexpr std::size_t max_width = 60;  // after a longer text, the last column is not aligned
  std::size_t width = 0;
  for (const TableRow& row : rows) width = std::max(width, std::min(row.primary.size(), max_width));
  std::string text = fmt::format("{}: what the primary does and this host does not\n", name);
  text += fmt::format("  {:<16}  {:<5}  {:<8}  {:<{}}  {}\n", "difference", "harms", "accepted", "the primary", width,
                      "this host");
  for (const TableRow& row : rows) {
    text += fmt::format("  {:<16}  {:<5}  {:<8}  {:<{}}  {}\n", row.name, yes_or_no(row.harms),
                        yes_or_no(row.is_accepted), row.primary, width, row.here);
  }
  return text;
}

void add_row(JsonObject& json, const TableRow& row) {
  json.text("relay", row.relay)
      .text("name", row.name)
      .boolean("harms", row.harms)
      .boolean("accepted", row.is_accepted)
      .text("primary", row.primary)
      .text("here", row.here)
      .text("meaning", row.meaning);
}

}  // namespace

std::string difference_tables(const HostFacts& facts) {
  std::string text;
  for (const RelayDifferences& relay : facts.differences) text += table_of(facts, relay);
  return text;
}

void add_differences(JsonObject& json, const HostFacts& facts) {
  std::vector<TableRow> rows;
  for (const RelayDifferences& relay : facts.differences) {
    for (TableRow& row : rows_of(facts, relay)) rows.push_back(std::move(row));
  }
  json.objects("differences", rows, add_row);
}

}  // namespace shorthop::tool
