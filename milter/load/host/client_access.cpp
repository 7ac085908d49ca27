#include "load/host/client_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "postfix/inbound/check_rules.h"
#include "postfix/inbound/restrictions.h"
#include "tables/access.h"
#include "tables/table_name.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// The classes of smtpd_restriction_classes, by name: the access checks and bare refusals in each, and the classes that
/// it names. check_recipient_access is left out, because its tables are asked about each target.
using Classes = TextByName;

Classes classes_of(const InboundServer& server) {
  const std::vector<std::string> names = list_items(server.value("smtpd_restriction_classes"));
  Classes classes;
  for (const std::string& name : names) {
    std::string& checks = classes[name];
    for (const RestrictionItem& item : restriction_items(server.value(name))) {
      const Restriction restriction{folded(item.word), item.argument};
      const bool is_class = std::ranges::find(names, item.word) != names.end();
      if (is_class || restriction.asks_access_table() || refuses(restriction.name))
        checks += (is_class ? item.word : restriction.text()) + ' ';
    }
  }
  return classes;
}

/// A table whose entries have the checks of a class in place of the name of the class.
class WithClasses final : public Table {
 public:
  WithClasses(std::shared_ptr<const Table> table, Classes classes)
      : Table(table->name(), table->changed()), table_(std::move(table)), classes_(std::move(classes)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    Lookup found = table_->find(key, deadline);
    if (!found || !*found) return found;
    std::set<std::string_view> used;
    (*found)->value = resolved((*found)->value, used);
    return found;
  }
  std::optional<std::size_t> entries() const override { return table_->entries(); }

 private:
  /// Each class is put in once. A second time, it would add no other check; and classes may name each other.
  std::string resolved(const std::string& value, std::set<std::string_view>& used) const {
    const std::vector<std::string> words = list_items(value);
    const auto is_class = [this](const std::string& word) { return classes_.contains(word); };
    if (std::ranges::none_of(words, is_class)) return value;
    std::string text;
    for (const std::string& word : words) {
      const auto its_class = classes_.find(word);
      if (its_class == classes_.end()) {
        text += word + ' ';
      } else if (used.insert(its_class->first).second) {
        text += resolved(its_class->second, used) + ' ';
      }
    }
    return text;
  }

  std::shared_ptr<const Table> table_;
  Classes classes_;
};

struct ClientKey {
  LookupKey key;
  bool is_final = true;  ///< false: parent_domain_matches_subdomains decides whether the key is looked up
};

/// access(5), "HOST NAME/ADDRESS PATTERNS": the name, then its parent domains with and without a dot.
std::vector<ClientKey> keys_of_name(std::string_view name) {
  std::vector<ClientKey> keys = {{LookupKey::whole(name)}};
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    keys.push_back({LookupKey::partial(name.substr(dot)), false});
    keys.push_back({LookupKey::partial(name.substr(dot + 1)), false});
  }
  return keys;
}

/// access(5), "HOST NAME/ADDRESS PATTERNS": the address, then its networks, each without the last number of the network
/// before.
std::vector<ClientKey> keys_of_address(std::string_view address) {
  std::vector<ClientKey> keys = {{LookupKey::whole(address)}};
  while ((address = address.substr(0, address.find_last_of(".:") + 1)).size() > 1) {
    address.remove_suffix(1);
    keys.push_back({LookupKey::partial(address)});
  }
  return keys;
}

/// Whether the action moves the mail, or refuses it.
bool takes_effect(const std::string& action, const ClientTable& table, bool accepts_filter) {
  if (table.may_refuse && refuses(action)) return true;
  return has_access_rule({"static", action}, action, [&](const CheckRule& rule) {
    return rule.moves_mail() && !(accepts_filter && rule.action == "FILTER");
  });
}

/// The first action that takes effect; nullopt: none of the keys has one that smtpd(8) may reach.
std::expected<std::optional<std::string>, LookupFailure> find_effective(const ClientTable& asked,
                                                                        const std::vector<ClientKey>& keys,
                                                                        bool accepts_filter) {
  for (const ClientKey& one : keys) {
    if (!is_asked(*asked.table, one.key)) continue;
    Lookup found = asked.table->find(one.key, no_deadline);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) continue;
    if (takes_effect((*found)->value, asked, accepts_filter)) return std::move((*found)->value);
    if (one.is_final) break;
  }
  return std::nullopt;
}

/// The action for a host that smtpd(8) does not know; `like`: a name or address of the same kind. No host has these
/// names and addresses (RFC 1112, 4; RFC 6666).
std::optional<std::string> action_for_any(const ClientTable& table, std::string_view like, bool is_name) {
  const std::string_view address = like.contains(':') ? "100::1" : "240.0.0.1";
  return find_effective(table, is_name ? keys_of_name("unknown") : keys_of_address(address), false)
      .value_or(std::nullopt);
}

/// As client_action(), for one name or address.
std::string action_text(const ClientTable& asked, const std::string& host, bool is_name, bool accepts_filter) {
  const auto action = find_effective(asked, is_name ? keys_of_name(host) : keys_of_address(host), accepts_filter);
  if (!action) return action.error().text();
  if (!*action || *action == action_for_any(asked, host, is_name)) return {};
  return fmt::format("mail that comes back from {} gets \"{}\" of {}", host, printable(**action, 100),
                     printable(asked.table->name(), 100));
}

/// The Received fields of a message that comes back: the one that this host adds, and the one that the host `name`
/// added to the mail of another client.
std::vector<std::string> received_fields(std::string_view name, const std::vector<std::string>& addresses) {
  const std::string_view end = " with ESMTP id 4000000000";
  std::vector<std::string> fields = {
      fmt::format("Received: from localhost (localhost [127.0.0.1])\n\tby {} (Postfix){}", name, end)};
  for (const std::string& address : addresses) {
    fields.push_back(fmt::format("Received: from {0} ({0} [{1}])\n\tby localhost (Postfix){2}", name, address, end));
  }
  return fields;
}

/// As client_action(), for header_checks(5). A rule that matches the fields of any host does not count.
std::string header_action_text(const ClientTable& checks, const std::string& name,
                               const std::vector<std::string>& addresses, bool accepts_filter) {
  const auto action_for = [&](const std::string& field) {
    return find_effective(checks, {{LookupKey::whole(field)}}, accepts_filter);
  };
  for (const std::string& field : received_fields(name, addresses)) {
    const auto action = action_for(field);
    if (!action) return action.error().text();
    const auto for_any = [&](const std::string& other) {
      const auto usual = action_for(other);
      return usual && *usual == *action;
    };
    if (!*action || std::ranges::any_of(received_fields("host.invalid", {"240.0.0.1"}), for_any)) continue;
    return fmt::format("mail that comes back from {} gets \"{}\" of {}", name, printable(**action, 100),
                       printable(checks.table->name(), 100));
  }
  return {};
}

bool is_live(std::string_view table) {
  const TableType* type = type_of_table(table);
  return type != nullptr && type->is_live;
}

// Restrictions whose keys are the names or addresses of the client itself. The others, such as check_client_mx_access,
// ask about hosts in its DNS records.
constexpr auto of_client_itself = std::to_array<std::string_view>(
    {"check_client_access", "check_helo_access", "check_reverse_client_hostname_access"});

}  // namespace

ClientTables client_tables(const InboundMail& mail, TableOpener& opener, Diagnostics& warnings) {
  ClientTables tables;
  const auto open = [&](std::string_view list, const std::string& table) {
    return opener.open_or_fail(list, {table}, warnings).tables().front();
  };
  for (const InboundServer& server : servers_of(mail)) {
    const Classes classes = classes_of(server);
    for (const Restriction& restriction : restrictions_of(server)) {
      const std::string_view name = restriction.name;
      const bool asks_about_host =
          name.starts_with("check_client_") || name.starts_with("check_helo_") || name.starts_with("check_reverse_");
      if (!restriction.is_access_check() || !asks_about_host || is_live(restriction.argument)) continue;
      auto opened = open(name, restriction.argument);
      if (!classes.empty()) opened = std::make_shared<WithClasses>(std::move(opened), classes);
      const bool may_refuse = std::ranges::find(of_client_itself, name) != of_client_itself.end();
      tables.access.push_back({std::move(opened), name != "check_helo_access", may_refuse});
    }
    for (const std::string& table : list_items(server.cleanup_value("header_checks"))) {
      if (!is_live(table)) tables.header_checks.push_back({open("header_checks", table)});
    }
  }
  return tables;
}

std::string client_action(const ClientTables& tables, const std::vector<std::string>& names,
                          const std::vector<std::string>& addresses, bool accepts_filter) {
  for (const ClientTable& table : tables.access) {
    for (const std::string& name : names) {
      if (std::string text = action_text(table, name, true, accepts_filter); !text.empty()) return text;
    }
    if (!table.asks_addresses) continue;
    for (const std::string& address : addresses) {
      if (std::string text = action_text(table, address, false, accepts_filter); !text.empty()) return text;
    }
  }
  // Postfix writes "unknown" for a client whose name it does not know.
  const std::vector<std::string> hosts = names.empty() ? std::vector<std::string>{"unknown"} : names;
  for (const ClientTable& table : tables.header_checks) {
    for (const std::string& host : hosts) {
      if (std::string text = header_action_text(table, host, addresses, accepts_filter); !text.empty()) return text;
    }
  }
  return {};
}

void set_client_action(Relay& relay, const ClientTables& tables, const std::vector<std::string>& accepted) {
  const auto action = [&](bool accepts_filter) {
    return client_action(tables, relay.client_names, relay.client_addresses, accepts_filter);
  };
  const bool accepts_filter = std::ranges::find(accepted, "access-actions") != accepted.end();
  relay.client_action = action(accepts_filter);
  relay.skips_client_filter = accepts_filter && relay.client_action != action(false);
}

void report_client_action(const std::string& action, const std::string& file, Diagnostics& warnings) {
  if (action.empty()) return;
  warnings.push_back({{file, 0},
                      fmt::format("{}: every recipient of this relay is kept", action),
                      "remove the entry from that table if this mail does not need it, or permit the primary in an "
                      "earlier entry of the table; if the action is FILTER, accept-difference = access-actions lets "
                      "mail skip it",
                      Severity::warning,
                      ErrorClass::data,
                      Subject::tables_of_this_host});
}

}  // namespace shorthop
