#include "postfix/restrictions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/items.h"

namespace shorthop {
namespace {

constexpr std::array restriction_lists = std::to_array<std::string_view>(
    {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
     "smtpd_recipient_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"});

/// postconf(5), smtpd_client_restrictions and the following.
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

void add_restrictions(std::vector<Restriction>& restrictions, std::string_view value) {
  const std::vector<std::string> items = list_items(value);
  for (std::size_t i = 0; i < items.size(); ++i) {
    Restriction restriction{items[i], {}};
    if (takes_argument(items[i]) && i + 1 < items.size()) restriction.argument = without_attributes(items[++i]);
    restrictions.push_back(std::move(restriction));
  }
}

}  // namespace

std::vector<Restriction> restrictions_of(const InboundServer& server) {
  std::vector<Restriction> restrictions;
  for (const std::string_view list : restriction_lists) add_restrictions(restrictions, server.value(list));
  for (const std::string& name : list_items(server.value("smtpd_restriction_classes"))) {
    add_restrictions(restrictions, server.value(name));
  }
  return restrictions;
}

}  // namespace shorthop
