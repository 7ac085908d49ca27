// Any bytes as a table file, a query, a result and a line of patterns or networks. The first line of the input is a key, the second a
// value, the rest the text.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "system/endpoint.h"
#include "tables/text/cidr_table5.h"
#include "tables/text/query_template.h"
#include "tables/text/regexp_table5.h"
#include "tables/text/table_file.h"
#include "text/lines.h"

namespace {

using namespace shorthop;

void try_table_file(std::string_view text) {
  const auto parameters = parse_table_file(text);
  if (!parameters) {
    must(parameters.error().line > 0, "a wrong line has a number");
    return;
  }
  const auto again = parse_table_file(table_file_text(*parameters));
  // A name can begin with '#' only in a continued line, and is a comment when it stands alone.
  const bool has_comment = std::ranges::any_of(*parameters, [](const auto& pair) { return pair.first[0] == '#'; });
  must(has_comment || (again && *again == *parameters), "parameters survive writing");
}

/// Between the quotes of the query no part of the key ends them.
void try_query(const std::string& query, std::string_view key, std::string_view value) {
  const auto made = QueryTemplate::parse(query, query);
  if (!made) return;
  std::size_t quoted = 0;
  const auto asked = made->query_for(key, [&](std::string_view part) {
    must(key.contains(part), "what is quoted is a part of the key");
    ++quoted;
    return std::string("?");
  });
  if (asked) must(asked->size() <= query.size() && quoted <= query.size(), "a query is no longer than its template");
  std::string result;
  const bool is_added = made->append_value(value, key, result);
  must(is_added || result.empty(), "a value that is skipped adds nothing");
}

/// An item of `hosts` in a table file.
void try_host(std::string_view text) {
  const auto parsed = HostAndPort::parse(text);
  if (!parsed) return;
  must(!parsed->host.empty() && text.contains(parsed->host), "a host is a part of the text");
  must(parsed->port == 0 || text.ends_with(std::to_string(parsed->port)), "the port is at the end");
}

void try_pattern(std::string_view line) {
  for (const PatternDialect dialect : {PatternDialect::regexp, PatternDialect::pcre}) {
    const auto parsed = parse_pattern_line(line, dialect);
    if (!parsed) {
      must(is_printable_line(parsed.error()), "a reason can be printed");
      continue;
    }
    std::size_t largest = 0;
    for (const ResultPart& part : parsed->result) {
      must((part.group == 0) != part.text.empty(), "a part is a text or a group");
      largest = std::max(largest, part.group);
    }
    must(largest == parsed->max_group, "the largest group is known");
    must(largest == 0 || !parsed->first.is_negated, "a negated pattern has no groups");
  }
}

void try_network(std::string_view line) {
  const auto parsed = parse_cidr_line(line);
  if (!parsed) {
    must(is_printable_line(parsed.error()), "a reason can be printed");
    return;
  }
  using Kind = CidrLine::Kind;
  must((parsed->kind == Kind::end_if) != parsed->pattern.has_value(), "all but endif have a network");
  must((parsed->kind == Kind::match) != parsed->value.empty(), "a value stands behind a network alone");
  if (!parsed->pattern) return;
  const auto zeros = IpAddress::parse("0.0.0.0");
  const auto six_zeros = IpAddress::parse("::");
  must(!parsed->pattern->matches(*zeros) || !parsed->pattern->matches(*six_zeros), "a network is of one family");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  const std::string_view key = input.line();
  const std::string_view value = input.line();
  try_table_file(input.rest());
  try_query(std::string(input.rest()), key, value);
  try_host(value);
  for (const std::string_view line : lines_of(input.rest())) {
    try_pattern(line);
    try_network(line);
  }
  return 0;
}
