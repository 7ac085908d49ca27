#include "primary/sendmail/sendmail_obstacles.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tables/access.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// "mail.example.org" -> ".example.org", ".org".
std::vector<std::string> parent_keys(std::string_view domain) {
  std::vector<std::string> keys;
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    keys.emplace_back(domain.substr(dot));
  }
  return keys;
}

/// "mail.example.org" -> "mail.example.org", ".example.org", "example.org", ".org", "org".
std::vector<std::string> domain_keys(std::string_view domain) {
  std::vector<std::string> keys = {std::string(domain)};
  for (const std::string& key : parent_keys(domain)) {
    keys.push_back(key);
    keys.push_back(key.substr(1));
  }
  return keys;
}

/// The first of these keys that the tables have is an obstacle of this kind. `feature`: the name of the tables.
Obstacle obstacle_in_tables(const TableList& tables, const std::vector<std::string>& keys, const Address& address,
                            LeafKind kind, std::string_view feature, Deadline deadline) {
  if (tables.empty()) return std::nullopt;
  for (const std::string& key : keys) {
    auto found = tables.find(key, deadline);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) {
      return Leaf{kind, address.external(), fmt::format("the primary's {} has an entry for {}", feature, key)};
    }
  }
  return std::nullopt;
}

/// The keys for a user, with and without the text after '+': cf/m4/proto.m4, LookUpFull and LookUpUser.
std::vector<std::string> user_keys(std::string_view user) {
  std::vector<std::string> keys = {std::string(user)};
  const std::size_t plus = user.find('+');
  if (plus == user.npos) return keys;
  keys.push_back(std::string(user.substr(0, plus)) + "+*");
  keys.emplace_back(user.substr(0, plus));
  return keys;
}

std::vector<std::string> access_keys(const Address& recipient, bool is_local) {
  std::vector<std::string> keys;
  for (const std::string& user : user_keys(recipient.key_local_part())) {
    keys.push_back(fmt::format("{}@{}", user, recipient.key_domain()));
    if (is_local) keys.push_back(user + '@');
  }
  // The keys with a dot in front: FEATURE(lookupdotdomain).
  std::ranges::move(domain_keys(recipient.key_domain()), std::back_inserter(keys));
  return keys;
}

/// Class {Accept} of cf/m4/proto.m4: these values let the recipient pass.
bool accepts(std::string_view value) {
  value = trimmed(value);
  return equal_folded(value, "OK") || equal_folded(value, "RELAY");
}

/// cf/README, "ANTI-SPAM CONFIGURATION CONTROL": DISCARD discards the message and QUARANTINE holds it, even if only one
/// of its recipients has the entry. ERROR refuses the recipient.
bool concerns_whole_message(std::string_view value) {
  return !starts_with_folded(trimmed(value), "ERROR:") && concerns_message(value);
}

}  // namespace

bool is_virtual_domain(const SendmailRules& rules, std::string_view domain) {
  if (rules.virtual_domains.contains(domain)) return true;
  if (!rules.virtual_subdomains) return false;
  return std::ranges::any_of(parent_keys(domain), [&](const std::string& parent) {
    return rules.virtual_domains.contains(std::string_view(parent).substr(1));
  });
}

std::optional<Leaf> obstacle_for(const Address& address, const SendmailRules& rules,
                                 std::initializer_list<SendmailConcern> concerns) {
  for (const SendmailObstacle& obstacle : rules.obstacles) {
    if (std::ranges::find(concerns, obstacle.concern) == concerns.end()) continue;
    return Leaf{obstacle.kind, address.external(), obstacle.why};
  }
  return std::nullopt;
}

Obstacle recipient_obstacle(const Address& recipient, bool is_local, const SendmailRules& rules, Deadline deadline) {
  std::optional<Leaf> of_recipient;  // must not hide an entry for the whole message
  if (rules.access.empty()) return of_recipient;
  for (const std::string& key : access_keys(recipient, is_local)) {
    for (const std::string& tagged : {"to:" + key, key}) {
      auto found = rules.access.find(tagged, deadline);
      if (!found) {
        found.error().concerns_message = true;  // the unknown entry may concern the whole message
        return std::unexpected(std::move(found.error()));
      }
      if (!*found || accepts((*found)->entry.value)) continue;
      Leaf leaf{LeafKind::not_followed, recipient.external(),
                fmt::format("the primary's access map has an entry for {}", tagged),
                concerns_whole_message((*found)->entry.value)};
      if (leaf.concerns_message) return leaf;
      if (!of_recipient) of_recipient = std::move(leaf);
    }
  }
  return of_recipient;
}

bool may_act_on_messages(const SendmailRules& rules) {
  return rules.access.may_list([](std::string_view key, std::string_view value) {
    const std::string_view tag = key.substr(0, key.find(':'));
    const bool is_of_recipient = tag == key || equal_folded(tag, "to");
    return is_of_recipient && !accepts(value) && concerns_whole_message(value);
  });
}

Obstacle address_obstacle(const Address& address, const SendmailRules& rules, Deadline deadline) {
  if (auto leaf = obstacle_for(address, rules, {SendmailConcern::every_address})) return leaf;
  const std::string domain(address.key_domain());
  Obstacle found =
      obstacle_in_tables(rules.domaintable, {domain}, address, LeafKind::not_followed, "domaintable", deadline);
  if (!found || *found) return found;
  if (rules.ldap_domains.contains(domain)) {
    return Leaf{LeafKind::not_followed, address.external(), "the primary asks LDAP for the route of its domain"};
  }
  return obstacle_in_tables(rules.bcctable, domain_keys(domain), address, LeafKind::copied_elsewhere, "bcctable",
                            deadline);
}

Obstacle outbound_obstacle(const Address& address, const SendmailRules& rules, Deadline deadline) {
  const std::string domain(address.key_domain());
  std::vector<std::string> keys = parent_keys(domain);
  keys.insert(keys.begin(), domain);
  keys.emplace_back(".");
  Obstacle found =
      obstacle_in_tables(rules.mailertable, keys, address, LeafKind::not_followed, "mailertable", deadline);
  if (!found || *found) return found;
  return obstacle_for(address, rules, {SendmailConcern::outbound});
}

}  // namespace shorthop
