#include "postfix/access_tables.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "postfix/restrictions.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// "smtpd_recipient_restrictions", also with a service: "smtp/inet/smtpd_recipient_restrictions".
bool is_restriction_list(std::string_view parameter) {
  parameter = name_without_service(parameter);
  return parameter.starts_with("smtpd_") && parameter.ends_with("_restrictions");
}

/// Whether a table that stands alone in this list is asked about the recipient (smtpd/smtpd_check.c: smtpd_check_rcpt).
/// smtpd_data_restrictions and smtpd_end_of_data_restrictions take no such table: smtpd(8) answers 451.
bool takes_bare_tables(std::string_view list) {
  return list.ends_with("recipient_restrictions") || list.ends_with("relay_restrictions");
}

/// Adds the tables named after check_recipient_access in `value`, also within braces. If `takes_bare`, a table that
/// stands alone counts too. A removed value counts as a table: it may be a list that names tables.
void add_tables(std::string_view value, bool takes_bare, std::vector<std::string>& tables) {
  for (const auto& [word, argument] : restriction_items(value)) {
    const auto inside = inside_braces(word);
    const bool is_bare = word == removed_value || (takes_bare && !inside && argument.empty() && word.contains(':'));
    const std::string& table = is_bare ? word : argument;
    const bool is_asked = is_bare || (equal_folded(word, "check_recipient_access") && !argument.empty());
    if (is_asked && std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
    if (inside) add_tables(*inside, takes_bare, tables);
  }
}

/// The values of the classes in smtpd_restriction_classes. A service may name other classes, and give them other
/// values.
std::vector<std::string> class_values(const Parameters& parameters) {
  std::set<std::string, std::less<>> classes;
  for (const auto& [name, value] : parameters) {
    if (name_without_service(name) != "smtpd_restriction_classes") continue;
    for (std::string& item : list_items(value)) classes.insert(std::move(item));
  }
  std::vector<std::string> values;
  for (const auto& [name, value] : parameters) {
    if (classes.contains(name_without_service(name))) values.push_back(value);
  }
  return values;
}

}  // namespace

std::vector<std::string> recipient_access_tables(const Parameters& parameters) {
  std::vector<std::string> tables;
  for (const auto& [name, value] : parameters) {
    if (is_restriction_list(name)) add_tables(value, takes_bare_tables(name), tables);
  }
  for (const std::string& value : class_values(parameters)) add_tables(value, true, tables);
  return tables;
}

bool has_unlisted_restriction(const Parameters& parameters) {
  // check_recipient_maps is the name of reject_unlisted_recipient before Postfix 2.1.
  const auto refuses = [](const std::string& value) {
    return std::ranges::any_of(list_items(value), [](const std::string& item) {
      return equal_folded(item, "reject_unlisted_recipient") || equal_folded(item, "check_recipient_maps");
    });
  };
  return std::ranges::any_of(parameters,
                             [&](const auto& one) { return is_restriction_list(one.first) && refuses(one.second); }) ||
         std::ranges::any_of(class_values(parameters), refuses);
}

}  // namespace shorthop
