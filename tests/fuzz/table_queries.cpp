// Parses any bytes as an SQL or LDAP table file, as a query with its result format, and as lines of patterns or
// networks. The first line of the input is a key, the second a value, the rest the text.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "system/endpoint.h"
#include "tables/text/cidr_table5.h"
#include "tables/text/ldap_text.h"
#include "tables/text/pattern_lines.h"
#include "tables/text/query_template.h"
#include "tables/text/table_file.h"
#include "tables/types/ldap/ldap_parameters.h"
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
  // A name that begins with '#' can only come from a continued line; written on a line of its own it is a comment.
  const bool has_comment = std::ranges::any_of(*parameters, [](const auto& pair) { return pair.first[0] == '#'; });
  must(has_comment || (again && *again == *parameters), "parameters survive writing");
}

/// Every part of the key in the query goes through the function that quotes it.
void try_query(const std::string& query, std::string_view key, std::string_view value) {
  const auto made = QueryTemplate::parse(query, query);
  if (!made) return;
  std::size_t quoted = 0;
  const auto asked = made->query_for(key, [&](std::string_view part) {
    must(key.contains(part), "what is quoted is a part of the key");
    ++quoted;
    return std::string("?");
  });
  if (asked)
    must(asked->size() <= query.size() && quoted <= query.size(), "a query is at most as long as its template");
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
      must(is_printable_line(parsed.error()), "an error is printable");
      continue;
    }
    std::size_t largest = 0;
    for (const ResultPart& part : parsed->result) {
      must((part.group == 0) != part.text.empty(), "a part is a text or a group, not both");
      largest = std::max(largest, part.group);
    }
    must(largest == parsed->max_group, "the largest group is known");
    must(largest == 0 || !parsed->first.is_negated, "a negated pattern has no groups");
  }
}

/// A key that is quoted for a filter or a distinguished name has no character that ends the value there.
void try_key_of_directory(std::string_view key) {
  must(quoted_for_filter(key).find_first_of("*()") == std::string::npos, "a key does not end a filter");
  must(quoted_for_dn(key).find_first_of(" #\"+,;<>") == std::string::npos, "a key does not end a distinguished name");
}

void try_directory(std::string_view text) {
  auto parameters = parse_table_file(text);
  if (!parameters) return;
  const auto known = take_ldap_parameters(*parameters);
  if (!known) {
    must(is_printable_line(known.error()), "an error is printable");
    return;
  }
  if (!*known) return;  // this table is looked up with postmap(1)
  const LdapAttributes& attributes = (*known)->results.attributes;
  must(!(*known)->servers.empty(), "there is a server to ask");
  must(attributes.terminal + attributes.leaf <= attributes.ordinary,
       "terminal and leaf attributes precede the special ones");
  must(attributes.ordinary <= attributes.names.size(), "special attributes follow the ordinary ones");
}

void try_network(std::string_view line) {
  const auto parsed = parse_cidr_line(line);
  if (!parsed) {
    must(is_printable_line(parsed.error()), "an error is printable");
    return;
  }
  using Kind = CidrLine::Kind;
  must((parsed->kind == Kind::end_if) != parsed->pattern.has_value(), "every line but endif has a network");
  must((parsed->kind == Kind::match) != parsed->value.empty(), "a line without if or endif has a value");
  if (!parsed->pattern) return;
  const auto zeros = IpAddress::parse("0.0.0.0");
  const auto six_zeros = IpAddress::parse("::");
  must(!parsed->pattern->matches(*zeros) || !parsed->pattern->matches(*six_zeros),
       "a network matches addresses of one family only");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  const std::string_view key = input.line();
  const std::string_view value = input.line();
  try_table_file(input.rest());
  try_query(std::string(input.rest()), key, value);
  try_host(value);
  try_key_of_directory(key);
  try_directory(input.rest());
  for (const std::string_view line : lines_of(input.rest())) {
    try_pattern(line);
    try_network(line);
  }
  return 0;
}
