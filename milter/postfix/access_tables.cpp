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

/// Adds the tables named after check_recipient_access in `value`, also within braces.
void add_tables(std::string_view value, std::vector<std::string>& tables) {
  bool is_next = false;
  for (const std::string& item : list_items(value)) {
    if (is_next && std::ranges::find(tables, item) == tables.end()) tables.push_back(item);
    is_next = equal_folded(item, "check_recipient_access");
    if (item.starts_with('{') && item.ends_with('}'))
      add_tables(std::string_view(item).substr(1, item.size() - 2), tables);
  }
}

}  // namespace

std::vector<std::string> recipient_access_tables(const Parameters& parameters) {
  std::vector<std::string> tables;
  for (const auto& [name, value] : parameters) {
    if (is_restriction_list(name)) add_tables(value, tables);
  }
  const auto classes = parameters.find("smtpd_restriction_classes");
  if (classes == parameters.end()) return tables;
  for (const std::string& name : list_items(classes->second)) {
    const auto found = parameters.find(name);
    if (found != parameters.end()) add_tables(found->second, tables);
  }
  return tables;
}

}  // namespace shorthop
