#include "postfix/inbound/restrictions.h"

#include <algorithm>
#include <utility>

#include "tables/table_name.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// Whether the next item of the list belongs to this restriction (postconf(5), smtpd_client_restrictions and the other
/// lists). `name` is in lower case.
bool takes_argument(std::string_view name) {
  return name == "check_policy_service" || name.starts_with("reject_rbl_") || name.starts_with("reject_rhsbl_") ||
         (name.starts_with("check_") && name.ends_with("_access"));
}

/// SMTPD_POLICY_README, "Advanced policy client configuration": "{ inet:host:port, timeout=10s }".
std::string without_attributes(const std::string& argument) {
  const auto inside = inside_braces(argument);
  if (!inside) return argument;
  const std::vector<std::string> words = list_items(*inside);
  return words.empty() ? argument : words.front();
}

/// The checks that Postfix may make with a table that stands alone in this list (smtpd/smtpd_check.c: generic_checks
/// and its callers). In smtpd_data_restrictions and smtpd_end_of_data_restrictions it makes none: smtpd(8) answers 451.
/// A list, or an entry of an access table, may name a class. The place where it is named decides which check the tables
/// of the class get. This place is not looked up here: a table in a class counts as two checks, one about recipients
/// and one about something else.
std::vector<std::string> checks_of_bare_table(std::string_view list) {
  if (list == "smtpd_client_restrictions") return {"check_client_access"};
  if (list == "smtpd_helo_restrictions") return {"check_helo_access"};
  if (list == "smtpd_sender_restrictions") return {"check_sender_access"};
  if (list == "smtpd_relay_restrictions" || list == "smtpd_recipient_restrictions") return {"check_recipient_access"};
  if (std::ranges::find(restriction_lists, list) != restriction_lists.end()) return {};
  return {"check_recipient_access", "check_client_access"};
}

void add_restrictions(std::vector<Restriction>& restrictions, std::string_view list, std::string_view value) {
  bool only_warns = false;  // postconf(5) warn_if_reject: applies to the next restriction
  for (const auto& [word, argument] : restriction_items(value)) {
    Restriction restriction{folded(word), without_attributes(argument)};
    const bool refuses = !only_warns || !restriction.name.starts_with("reject_");
    only_warns = restriction.name == "warn_if_reject";
    if (TableName::parse(word)) {
      for (std::string& check : checks_of_bare_table(list)) restrictions.push_back({std::move(check), word});
      continue;
    }
    if (refuses) restrictions.push_back(std::move(restriction));
  }
}

}  // namespace

std::vector<RestrictionItem> restriction_items(std::string_view value) {
  std::vector<RestrictionItem> items;
  bool awaits_argument = false;
  for (std::string& word : list_items(value)) {
    if (awaits_argument) {
      items.back().argument = std::move(word);
      awaits_argument = false;
    } else {
      awaits_argument = takes_argument(folded(word));
      items.push_back({std::move(word), {}});
    }
  }
  return items;
}

std::vector<Restriction> restrictions_of(const InboundServer& server) {
  std::vector<Restriction> restrictions;
  for (const std::string_view list : restriction_lists) add_restrictions(restrictions, list, server.value(list));
  for (const std::string& name : list_items(server.value("smtpd_restriction_classes"))) {
    add_restrictions(restrictions, name, server.value(name));
  }
  return restrictions;
}

Parameters restriction_parameters(const InboundServer& server) {
  Parameters parameters;
  const auto add = [&](std::string_view name) { parameters.emplace(name, server.value(name)); };
  std::ranges::for_each(restriction_lists, add);
  add("smtpd_restriction_classes");
  std::ranges::for_each(list_items(server.value("smtpd_restriction_classes")), add);
  return parameters;
}

}  // namespace shorthop
