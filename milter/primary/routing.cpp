#include "primary/routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mail/host.h"
#include "mail/international.h"
#include "primary/sendmail/sendmail_obstacles.h"
#include "primary/sendmail/sendmail_rules.h"
#include "tables/access.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

LookupFailure not_followed(std::string what) { return {std::move(what), FailureKind::not_followed}; }

bool is_smtp(const MailRoute& route, const PrimaryRules& rules) { return rules.smtp_transports.contains(route.mailer); }

/// Whether mail of this class goes the same way with the entry as without.
bool changes_nothing_for(AddressClass its_class, const MailRoute& route, const PrimaryRules& rules) {
  // A next hop without a transport replaces only the next hop of the default transport. local(8) does not use it.
  if (its_class == AddressClass::local) return route.mailer.empty() || route.mailer == "local";
  return route.next_hop.empty() && (route.mailer.empty() || is_smtp(route, rules));
}

std::optional<Detour> obstacle_of(AddressClass its_class, const NotFollowed& settings) {
  switch (its_class) {
    case AddressClass::local: return settings.local ? std::optional(Detour{*settings.local}) : std::nullopt;
    case AddressClass::relay: return settings.relay;
    case AddressClass::other: return settings.outbound;
    case AddressClass::virtual_alias:
    case AddressClass::virtual_mailbox: return std::nullopt;
  }
  return std::nullopt;
}

/// What transport_maps says about an address.
struct TransportEntry {
  std::optional<Detour> detour;
  bool is_by_mx = false;  ///< "smtp:": by the domain's MX records, whatever relayhost and default_transport say
};

TransportEntry transport_entry(const Address& address, AddressClass its_class, const Primary& primary,
                               const SearchRules& search, Deadline deadline) {
  const auto found = find_transport(address, primary.address_tables.transport, primary.rules.has_bare_transport_parents,
                                    search, deadline);
  if (!found) return {Detour{found.error()}};
  if (!*found) return {};
  const std::string& value = (*found)->entry.value;
  MailRoute route = route_from(value);
  if (changes_nothing_for(its_class, route, primary.rules)) {
    return {std::nullopt, route.next_hop.empty() && is_smtp(route, primary.rules)};
  }
  // transport(5): an entry that names no transport uses the transport of the class, which is smtp(8) if there is no
  // obstacle.
  if (route.mailer.empty() && !obstacle_of(its_class, primary.not_followed)) route.mailer = "smtp";
  return {Detour{not_followed(fmt::format("the primary's transport_maps sends it to {}", printable(value, 80))),
                 smtp_hop(route, primary.rules, primary.not_followed.has_other_default_port)}};
}

/// The obstacle if the tables have the address or the look-up fails; `parameter` names the tables. An entry for the
/// whole address with the value `harmless` is not an obstacle.
std::optional<LookupFailure> entry_obstacle(const TableList& tables, const Address& address, const SearchRules& search,
                                            Deadline deadline, std::string_view parameter,
                                            std::string_view harmless = {}) {
  if (tables.empty()) return std::nullopt;
  auto found = search_address(tables, address, search, deadline);
  if (!found) return std::move(found.error());
  if (!*found) return std::nullopt;
  if (!harmless.empty() && (*found)->unmatched_extension.empty() && trimmed((*found)->found.entry.value) == harmless) {
    return std::nullopt;
  }
  return not_followed(fmt::format("the primary's {} has the address", parameter));
}

/// Why a second pass through cleanup(8) may change an address, or add another one.
std::optional<LookupFailure> remapping_obstacle(const Address& address, const Primary& primary,
                                                const SearchRules& search, Deadline deadline) {
  const AddressTables& tables = primary.address_tables;
  const std::pair<const TableList&, std::string_view> mapping[] = {
      {tables.recipient_canonical, "recipient_canonical_maps, asked again behind its content filter,"},
      {tables.canonical, "canonical_maps, asked again behind its content filter,"},
      {primary.virtual_aliases, "virtual_alias_maps, asked again behind its content filter,"}};
  for (const auto& [maps, parameter] : mapping) {
    if (auto found = entry_obstacle(maps, address, search, deadline, parameter, address.external())) {
      return found;
    }
  }
  if (is_below_any(address.key_domain(), primary.rules.masquerade_domains)) {
    return not_followed("the primary's masquerade_domains may rewrite it behind its content filter");
  }
  auto copied = entry_obstacle(tables.recipient_bcc, address, search, deadline,
                               "recipient_bcc_maps, asked again behind its content filter,");
  if (copied && copied->kind == FailureKind::not_followed) copied->kind = FailureKind::copied_elsewhere;
  return copied;
}

/// global/mail_addr_find.c: an address is looked up in external form, and then unquoted if that differs.
std::vector<std::string> forms_of(std::string_view local_part, std::string_view domain) {
  std::vector<std::string> forms = {quoted_local_part(local_part)};
  if (forms.front() != local_part) forms.emplace_back(local_part);
  for (std::string& form : forms) form.append(1, '@').append(domain);
  return forms;
}

}  // namespace

SearchRules search_rules_of(const PrimaryRules& rules) {
  SearchRules search;
  search.delimiters = rules.delimiters;
  search.owner_request_special = rules.owner_request_special;
  search.is_local = [&rules](std::string_view domain, Deadline deadline) -> std::expected<bool, LookupFailure> {
    if (domain == rules.myorigin) return true;
    auto is_listed = rules.local_domains.matches(domain, deadline);
    const bool is_certain = !rules.myorigin.empty() && !rules.has_unknown_name;
    if (!is_listed || *is_listed || is_certain) return is_listed;
    return std::unexpected(
        rules.myorigin.empty()
            ? LookupFailure{"an entry without a domain may apply: " + rules.no_origin.text(), rules.no_origin.kind}
            : LookupFailure{"an entry without a domain may apply: the primary's myhostname is not known",
                            FailureKind::not_mirrored});
  };
  return search;
}

std::expected<AddressClass, LookupFailure> class_of(std::string_view domain, const Primary& primary,
                                                    Deadline deadline) {
  const PrimaryRules& rules = primary.rules;
  const std::pair<const MatchList*, AddressClass> lists[] = {
      {&rules.local_domains, AddressClass::local}, {&rules.virtual_alias_domains, AddressClass::virtual_alias}};
  for (const auto& [list, its_class] : lists) {
    const auto matches = list->matches(domain, deadline);
    if (!matches) return std::unexpected(matches.error());
    if (*matches) return its_class;
  }
  if (rules.alias_domains_are_keys) {
    const auto is_key = primary.virtual_aliases.contains(domain, deadline);
    if (!is_key) return std::unexpected(is_key.error());
    if (*is_key) return AddressClass::virtual_alias;
  }
  const auto has_mailboxes = rules.virtual_mailbox_domains.matches(domain, deadline);
  if (!has_mailboxes) return std::unexpected(has_mailboxes.error());
  if (*has_mailboxes) return AddressClass::virtual_mailbox;
  const auto is_relayed = rules.relayed_domains.matches_subdomain(domain, rules.relays_subdomains, deadline);
  if (!is_relayed) return std::unexpected(is_relayed.error());
  return *is_relayed ? AddressClass::relay : AddressClass::other;
}

MailRoute route_from(std::string_view value) {
  const std::size_t colon = std::min(value.find(':'), value.size());
  const std::string_view next_hop = value.substr(std::min(colon + 1, value.size()));
  return {std::string(trimmed(value.substr(0, colon))), std::string(trimmed(next_hop))};
}

// trivial-rewrite/resolve.c and transport.c: an entry with a transport replaces the whole route. If it has no next hop,
// it leads to the domain of the address, whatever relayhost says. An entry without a transport replaces only the next
// hop.
MailRoute joined_route(const std::optional<MailRoute>& entry, MailRoute usual, std::string_view relayhost) {
  if (entry && !entry->mailer.empty()) return *entry;
  if (usual.next_hop.empty()) usual.next_hop = relayhost;
  if (entry && !entry->next_hop.empty()) usual.next_hop = entry->next_hop;
  return usual;
}

SmtpHop smtp_hop(const MailRoute& route, const PrimaryRules& rules, bool has_other_default_port) {
  if (!is_smtp(route, rules)) return {};
  const std::string_view next_hop = route.next_hop;
  const bool is_host = next_hop.starts_with('[');
  const std::size_t end = std::min(is_host ? next_hop.find(']') : next_hop.find(':'), next_hop.size());
  if (is_host && end == next_hop.size()) return {};
  const std::string_view port = next_hop.substr(is_host ? end + 1 : end);
  const bool is_smtp_port = port.empty() ? !has_other_default_port : port == ":25" || port == ":smtp";
  if (!is_smtp_port) return {};
  if (is_host) return {std::string(bare_host(next_hop.substr(0, end + 1))), {}};
  const std::string domain = folded_utf8(next_hop.substr(0, end));
  // On the primary, "localhost" means the primary.
  const bool is_named = is_domain(domain) && domain.contains('.') && !domain.starts_with("localhost.");
  return is_named ? SmtpHop{{}, to_a_labels(domain).value_or(domain)} : SmtpHop();
}

std::expected<std::optional<Found>, LookupFailure> find_transport(const Address& address, const TableList& tables,
                                                                  bool has_bare_parents, const SearchRules& search,
                                                                  Deadline deadline) {
  std::expected<std::optional<Found>, LookupFailure> found;
  if (tables.empty()) return found;
  const auto is_decided = [&](const LookupKey& key) {
    found = tables.find(key, deadline);
    return !found || found->has_value();
  };
  // As written: the text for tables of patterns (trivial-rewrite(8) does not fold the address).
  const std::string quoted = quoted_key(address);
  if (is_decided(LookupKey(address.external(), quoted))) return found;
  if (address.needs_quotes() && is_decided(LookupKey(address.internal(), address.key()))) return found;
  const std::string_view domain = address.key_domain();
  const auto [user, extension] =
      split_local_part(address.key_local_part(), search.delimiters, search.owner_request_special);
  if (!extension.empty()) {
    for (const std::string& form : forms_of(user, domain)) {
      if (is_decided(LookupKey::partial(form))) return found;
    }
  }
  if (is_decided(LookupKey::partial(domain))) return found;
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    if (is_decided(LookupKey::partial(domain.substr(has_bare_parents ? dot + 1 : dot)))) return found;
  }
  return tables.find(LookupKey("*"), deadline);
}

std::optional<Detour> detour(const Address& address, AddressClass its_class, const Primary& primary,
                             const SearchRules& search, Deadline deadline) {
  if (its_class == AddressClass::virtual_alias || its_class == AddressClass::virtual_mailbox) return std::nullopt;
  if (auto moved = entry_obstacle(primary.address_tables.relocated, address, search, deadline, "relocated_maps")) {
    return Detour{std::move(*moved)};
  }
  const bool leaves = its_class == AddressClass::relay || its_class == AddressClass::other;
  auto generic = leaves ? entry_obstacle(primary.address_tables.generic, address, search, deadline, "smtp_generic_maps")
                        : std::nullopt;
  if (generic) return Detour{std::move(*generic)};
  TransportEntry entry = transport_entry(address, its_class, primary, search, deadline);
  if (entry.detour) return std::move(entry.detour);
  auto obstacle = obstacle_of(its_class, primary.not_followed);
  if (obstacle && !(leaves && entry.is_by_mx)) return obstacle;
  if (leaves && primary.not_followed.without_mx) return Detour{*primary.not_followed.without_mx};
  return std::nullopt;
}

std::optional<LookupFailure> own_refusal(const Address& address, AddressClass its_class, const Primary& primary,
                                         const SearchRules& search, Deadline deadline) {
  // trivial-rewrite/resolve.c: relocated_maps is asked for every class, transport_maps not for virtual aliases.
  if (auto moved = entry_obstacle(primary.address_tables.relocated, address, search, deadline, "relocated_maps"))
    return moved;
  if (its_class == AddressClass::virtual_alias) return std::nullopt;
  const auto found = find_transport(address, primary.address_tables.transport, primary.rules.has_bare_transport_parents,
                                    search, deadline);
  if (!found) return found.error();
  if (!*found || route_from((*found)->entry.value).mailer != "error") return std::nullopt;
  return not_followed(fmt::format("the primary's transport_maps refuses it: {}", printable((*found)->entry.value, 80)));
}

std::optional<LookupFailure> form_obstacle(const Address& address, const PrimaryRules& rules) {
  if (!rules.allows_min_user && address.local_part().starts_with('-')) {
    return not_followed("the primary refuses addresses that begin with '-' (allow_min_user)");
  }
  if (!rules.takes_utf8 && !address.is_ascii()) {
    return not_followed("the primary accepts only ASCII addresses (smtputf8_enable)");
  }
  return std::nullopt;
}

std::expected<bool, LookupFailure> is_listed(const Address& address, const Primary& primary, Deadline deadline) {
  const PrimaryRules& rules = primary.rules;
  if (!rules.domains_to_be_listed.contains(address.a_label_domain())) return true;
  auto is_in_a_list = rules.lists(address.key_domain(), deadline);
  if (!is_in_a_list || *is_in_a_list || !rules.alias_domains_are_keys) return is_in_a_list;
  return primary.virtual_aliases.contains(address.key_domain(), deadline);
}

std::optional<LookupFailure> access_obstacle(const Address& address, const AddressTables& tables,
                                             const SearchRules& search, Deadline deadline) {
  if (tables.smtpd_doubts.contains(address.key_domain())) {
    return not_followed("an smtpd(8) of the primary has its own myhostname, and might not know this domain as local");
  }
  auto action = find_access(tables.recipient_access, address, search, deadline);
  if (!action) {
    action.error().concerns_message = true;  // the unknown action may concern the whole message
    return std::move(action.error());
  }
  if (*action) {
    auto obstacle = not_followed(fmt::format("check_recipient_access of the primary: {}", printable(**action, 60)));
    obstacle.concerns_message = concerns_message(**action);
    return obstacle;
  }
  auto refusal = find_refusal(tables.recipient_access, tables.refusals, address, search, deadline);
  if (!refusal) return std::move(refusal.error());
  if (!*refusal) return std::nullopt;
  return not_followed(fmt::format("{} of the primary: no table before it permits the address", **refusal));
}

std::optional<LookupFailure> filter_obstacle(const Address& address, const Primary& primary, const SearchRules& search,
                                             Deadline deadline) {
  const AddressTables& tables = primary.address_tables;
  if (tables.filter.is_command && address.needs_quotes()) {
    return not_followed("it needs quotes, which it may lose on the way through the primary's content filter");
  }
  if (auto found = entry_obstacle(tables.filter.generic, address, search, deadline, "smtp_generic_maps")) return found;
  return tables.filter.maps_again ? remapping_obstacle(address, primary, search, deadline) : std::nullopt;
}

bool has_recipient_actions(const Primary& primary) {
  const AddressTables& tables = primary.address_tables;
  return !tables.recipient_access.empty() ||
         (tables.behind_filter && !tables.behind_filter->recipient_access.empty()) ||
         (primary.sendmail && !primary.sendmail->access.empty());
}

bool asks_lone_recipients(const Primary& primary) {
  const AddressTables& tables = primary.address_tables;
  return tables.asks_lone_recipients || (tables.behind_filter && tables.behind_filter->asks_lone_recipients);
}

bool may_concern_message(const Address& recipient, const Primary& primary, Deadline deadline) {
  if (!has_recipient_actions(primary)) return false;
  // smtpd(8) looks up the address into which trivial-rewrite(8) turns "user%domain@site".
  if (recipient.has_routing_operator()) return true;
  if (primary.sendmail) {
    const auto obstacle = recipient_obstacle(recipient, true, *primary.sendmail, deadline);
    return !obstacle || (*obstacle && (*obstacle)->concerns_message);
  }
  const SearchRules search = search_rules_of(primary.rules);
  const auto concerns = [&](const AddressTables& tables) {
    const auto obstacle = access_obstacle(recipient, tables, search, deadline);
    return obstacle && obstacle->concerns_message;
  };
  if (concerns(primary.address_tables)) return true;
  const auto& behind = primary.address_tables.behind_filter;
  if (behind == nullptr || behind->recipient_access.empty()) return false;
  return primary.address_tables.filter.sees_mapped || concerns(*behind);
}

}  // namespace shorthop
