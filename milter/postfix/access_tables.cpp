#include "postfix/access_tables.h"

#include <algorithm>
#include <string_view>

#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// "smtpd_recipient_restrictions", also with a service: "smtp/inet/smtpd_recipient_restrictions".
bool is_restriction_list(std::string_view parameter) {
  parameter = parameter.substr(parameter.rfind('/') + 1);
  return parameter.starts_with("smtpd_") && parameter.ends_with("_restrictions");
}

/// Adds the tables named after check_recipient_access in `value`, also within braces. A table without a word before it
/// counts as one if `takes_bare` (smtpd/smtpd_check.c: generic_checks, the default of smtpd_recipient_restrictions).
void add_tables(std::string_view value, bool takes_bare, std::vector<std::string>& tables) {
  std::string last;
  for (const std::string& item : list_items(value)) {
    const bool is_braced = item.starts_with('{') && item.ends_with('}');
    const bool is_bare = takes_bare && !is_braced && item.contains(':') && !starts_with_folded(last, "check_");
    const bool is_asked = equal_folded(last, "check_recipient_access") || is_bare;
    if (is_asked && std::ranges::find(tables, item) == tables.end()) tables.push_back(item);
    if (is_braced && !is_asked) add_tables(std::string_view(item).substr(1, item.size() - 2), takes_bare, tables);
    last = item;
  }
}

}  // namespace

std::vector<std::string> recipient_access_tables(const Parameters& parameters) {
  std::vector<std::string> tables;
  for (const auto& [name, value] : parameters) {
    if (is_restriction_list(name)) add_tables(value, name.ends_with("recipient_restrictions"), tables);
  }
  const auto classes = parameters.find("smtpd_restriction_classes");
  if (classes == parameters.end()) return tables;
  for (const std::string& name : list_items(classes->second)) {
    const auto found = parameters.find(name);
    if (found != parameters.end()) add_tables(found->second, true, tables);
  }
  return tables;
}

}  // namespace shorthop
