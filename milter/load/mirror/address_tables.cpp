#include "load/mirror/address_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "load/mirror/primary_parameters.h"
#include "mail/host.h"
#include "mail/international.h"
#include "postfix/inbound/access_tables.h"
#include "primary/routing.h"
#include "system/ip_address.h"
#include "tables/access.h"
#include "tables/open.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

bool has_class(const ParameterValues& values, std::string_view classes, std::string_view name) {
  const auto items = values.items(classes);
  return !items || std::ranges::find(*items, name) != items->end();
}

/// Every parameter with its value expanded: restrictions may name others as $name.
Parameters expanded_parameters(const ParameterValues& values) {
  Parameters result;
  for (const auto& [name, value] : values.explicit_values()) {
    result[name] = values.expanded_or_empty(name);
  }
  return result;
}

void set_access(AddressTables& result, const ParameterValues& values, PrimaryFiles& files) {
  RecipientChecks checks = recipient_checks(expanded_parameters(values));
  std::vector<std::shared_ptr<const Table>> tables;
  for (const std::string& table : checks.tables) {
    tables.push_back(ignore_lists(files.open(table, "check_recipient_access"), checks.ignorable_lists()));
  }
  result.recipient_access = TableList(std::move(tables));
  result.refusals = std::move(checks.refusals);
  result.asks_lone_recipients = checks.asks_lone_recipients;
  if (checks.defers_rejections) result.refuses_unlisted = false;
}

/// The recipients of a class that smtpd(8) accepts; with an empty list it accepts all. Without a mirror few of these
/// tables are here, so nothing is asked.
std::optional<TableList> recipients_of(std::string_view parameter, const ParameterValues& values, PrimaryFiles& files) {
  if (!files.is_mirror() || !values.is_set(parameter)) return std::nullopt;
  return tables_of(parameter, values, files);
}

/// postconf(5) smtpd_reject_unlisted_recipient, and the restriction reject_unlisted_recipient.
bool refuses_unlisted(const ParameterValues& values) {
  const std::string setting = values.expanded("smtpd_reject_unlisted_recipient").value_or("");
  return !equal_folded(trimmed(setting), "no") || has_unlisted_restriction(expanded_parameters(values));
}

/// Whether smtpd(8) refuses unknown recipients only temporarily, for example during a test, so that their mail waits.
bool refuses_temporarily(const ParameterValues& values) {
  constexpr std::array codes =
      std::to_array<std::string_view>({"unknown_local_recipient_reject_code", "unknown_relay_recipient_reject_code",
                                       "unknown_virtual_alias_reject_code", "unknown_virtual_mailbox_reject_code"});
  const auto is_temporary = [&](std::string_view code) { return !values.expanded(code).value_or("").starts_with('5'); };
  return !equal_folded(trimmed(values.expanded("soft_bounce").value_or("")), "no") ||
         std::ranges::any_of(codes, is_temporary);
}

/// Whether smtpd(8) accepts an address because of a canonical map that cleanup(8) does not ask about recipients.
bool accepts_unmapped(const ParameterValues& values) {
  return (values.is_set("recipient_canonical_maps") &&
          !has_class(values, "recipient_canonical_classes", "envelope_recipient")) ||
         (values.is_set("canonical_maps") && !has_class(values, "canonical_classes", "envelope_recipient"));
}

void set_recipients(AddressTables& result, const ParameterValues& values, PrimaryFiles& files) {
  const bool may_accept =
      equal_folded(trimmed(values.expanded("smtpd_reject_unlisted_recipient").value_or("no")), "no");
  if (may_accept || accepts_unmapped(values) || refuses_temporarily(values)) result.refuses_unlisted = false;
  if (!refuses_unlisted(values)) return;
  result.local_recipients = recipients_of("local_recipient_maps", values, files);
  result.mailbox_recipients = recipients_of("virtual_mailbox_maps", values, files);
  result.relay_recipients = recipients_of("relay_recipient_maps", values, files);
}

LookupFailure not_followed(std::string what) { return {std::move(what), FailureKind::not_followed}; }

/// Whether smtp(8) may connect to another port than 25: postconf(5) smtp_tcp_port, since Postfix 3.7.
bool has_other_default_port(const ParameterValues& values) {
  const std::string port = values.expanded("smtp_tcp_port").value_or("?");
  return trimmed(port) != "smtp" && trimmed(port) != "25";
}

/// The detour that mail takes by the parameter `transport` (postconf(5) default_transport or relay_transport:
/// "transport:nexthop"). If the parameter has no next hop, relayhost is the next hop. nullopt: there is none, because
/// smtp(8) without a next hop looks up the DNS for the route.
std::optional<Detour> detour_by(std::string_view transport, const ParameterValues& values, const PrimaryRules& rules) {
  const auto failure = [](std::string_view parameter) {
    return not_followed(fmt::format("the primary's {} may send mail to another host than this one", parameter));
  };
  const auto value = values.expanded(transport);
  if (!value) return Detour{failure(transport)};
  const MailRoute usual = route_from(*value);
  const bool is_by_relayhost = usual.next_hop.empty() && values.is_set("relayhost");
  const std::string relayhost(trimmed(values.expanded("relayhost").value_or("?")));
  const MailRoute route = joined_route(std::nullopt, usual, relayhost);
  if (route.next_hop.empty() && rules.smtp_transports.contains(route.mailer)) return std::nullopt;
  return Detour{failure(is_by_relayhost ? "relayhost" : transport),
                smtp_hop(route, rules, has_other_default_port(values))};
}

bool is_local(const ParameterValues& values) {
  const auto is_local_route = [](const std::string& value) { return route_from(value).mailer == "local"; };
  return is_local_route(values.written("local_transport").value_or("")) ||
         is_local_route(values.expanded("local_transport").value_or(""));
}

/// Whether master_service_disable may name the service: "smtp/inet", "smtp.inet" or "inet" (global/match_service.c).
/// Tables, files and exclusions are not followed: with one of them, any service may be disabled.
bool may_be_disabled(const MasterService& service, const std::vector<std::string>& disabled) {
  return std::ranges::any_of(disabled, [&](const std::string& item) {
    return item.starts_with('!') || item.contains(":/") || item.starts_with('/') || equal_folded(item, service.type) ||
           equal_folded(item, service.postconf_name()) || equal_folded(item, service.name + "." + service.type);
  });
}

/// Whether inet_interfaces names loopback addresses only. If the list is empty, the default "all" applies.
bool listens_on_loopback(const std::vector<std::string>& interfaces) {
  const auto is_own = [](std::string_view item) { return item == "loopback-only" || is_loopback(bare_host(item)); };
  return !interfaces.empty() && std::ranges::all_of(interfaces, is_own);
}

ContentFilter content_filter(const FilterPass& pass, const ParameterValues& values, PrimaryFiles& files) {
  constexpr const char* parameter = "smtp_generic_maps";
  ParameterValues of_transport = values;
  of_transport.set(parameter, pass.generic_maps);
  return {pass.sees_mapped, pass.maps_again, pass.is_command, tables_of(parameter, of_transport, files)};
}

/// The key that is looked up for the null sender; "<>" by default and if the parameter is empty.
std::string null_key(std::string_view parameter, const ParameterValues& values) {
  std::string key = values.expanded(parameter).value_or("");
  return key.empty() ? "<>" : folded_utf8(key);
}

}  // namespace

TableList tables_of(std::string_view parameter, const ParameterValues& values, PrimaryFiles& files) {
  constexpr std::size_t max_tables = 1000;
  const auto names = values.items(parameter);
  const auto failing = [&](std::string what) {
    return failing_table(std::string(parameter), std::move(what), FailureKind::not_mirrored);
  };
  if (!names) return TableList({failing(fmt::format("\"{}\" cannot be expanded", printable(names.error(), 80)))});
  std::vector<std::shared_ptr<const Table>> tables;
  for (const std::string& name : *names) {
    if (tables.size() == max_tables) {
      tables.push_back(failing(fmt::format("it names more than {} tables", max_tables)));
      break;
    }
    auto table = files.open(name, parameter);
    tables.push_back(forbids_substitution(parameter) ? fail_at_substitution(std::move(table)) : std::move(table));
  }
  return TableList(std::move(tables));
}

std::optional<FilterPass> filter_without_master(const ParameterValues& values) {
  const bool may_filter = std::ranges::any_of(values.explicit_values(), [&](const auto& parameter) {
    const auto& [name, value] = parameter;
    const bool is_of_client = name.starts_with("smtp_") || name.starts_with("lmtp_");
    const bool is_table = name.ends_with("header_checks") || name == "body_checks";
    if (name == "content_filter" || (is_table && !is_of_client)) return values.is_set(name);
    // A class of smtpd_restriction_classes may have any name.
    return value.contains("check_") && value.contains("_access");
  });
  if (!may_filter) return std::nullopt;
  return FilterPass{.sees_mapped = true,
                    .maps_again = true,
                    .is_command = true,
                    .generic_maps = values.expanded("smtp_generic_maps").value_or("")};
}

AddressTables address_tables(const ParameterValues& values, const MailPath& path, PrimaryFiles& files) {
  AddressTables result;
  result.smtpd_doubts = path.smtpd_doubts;
  result.has_own_canonical = path.has_own_canonical;
  if (path.filter) result.filter = content_filter(*path.filter, values, files);
  set_access(result, values, files);
  if (has_class(values, "recipient_canonical_classes", "envelope_recipient")) {
    result.recipient_canonical = tables_of("recipient_canonical_maps", values, files);
  }
  if (has_class(values, "canonical_classes", "envelope_recipient")) {
    result.canonical = tables_of("canonical_maps", values, files);
  }
  result.recipient_bcc = tables_of("recipient_bcc_maps", values, files);
  result.transport = tables_of("transport_maps", values, files);
  result.relocated = tables_of("relocated_maps", values, files);
  result.generic = tables_of("smtp_generic_maps", values, files);
  if (path.checks_recipients) set_recipients(result, values, files);
  result.refuses_unlisted = result.refuses_unlisted && path.checks_recipients;
  return result;
}

AddressTables smtpd_tables(const ParameterValues& values, const MailPath& path, PrimaryFiles& files) {
  AddressTables result;
  result.smtpd_doubts = path.smtpd_doubts;
  set_access(result, values, files);
  set_recipients(result, values, files);
  return result;
}

SenderTables sender_tables(const ParameterValues& values, const MailPath& path, PrimaryFiles& files) {
  SenderTables senders;
  senders.refuses_shared_bounces = path.refuses_shared_bounces || refuses_shared_bounces(expanded_parameters(values));
  senders.bcc = tables_of("sender_bcc_maps", values, files);
  senders.transports = tables_of("sender_dependent_default_transport_maps", values, files);
  senders.relayhosts = tables_of("sender_dependent_relayhost_maps", values, files);
  if (senders.empty()) return senders;
  senders.null_transport_key = null_key("empty_address_default_transport_maps_lookup_key", values);
  senders.null_relayhost_key = null_key("empty_address_relayhost_maps_lookup_key", values);
  if (has_class(values, "masquerade_classes", "envelope_sender")) {
    senders.masquerade_domains = masquerade_domains_in(values.expanded("masquerade_domains").value_or(""));
  }
  std::vector<std::shared_ptr<const Table>> canonical;
  if (has_class(values, "sender_canonical_classes", "envelope_sender")) {
    canonical = tables_of("sender_canonical_maps", values, files).tables();
  }
  if (has_class(values, "canonical_classes", "envelope_sender")) {
    const TableList of_all = tables_of("canonical_maps", values, files);
    canonical.insert(canonical.end(), of_all.tables().begin(), of_all.tables().end());
  }
  senders.canonical = TableList(std::move(canonical));
  return senders;
}

bool takes_mail(const ParameterValues& values, const std::optional<std::vector<MasterService>>& services) {
  const std::vector<std::string> nothing;
  const std::vector<std::string> disabled = values.items("master_service_disable").value_or(nothing);
  const bool listens_outside = !listens_on_loopback(values.items("inet_interfaces").value_or(nothing));
  const auto is_enabled = [&](const MasterService& service) { return !may_be_disabled(service, disabled); };
  if (!services) {
    const std::array<MasterService, 2> usual = {MasterService{"smtp", "inet", {}, {}, {}},
                                                MasterService{"25", "inet", {}, {}, {}}};
    return listens_outside && std::ranges::all_of(usual, is_enabled);
  }
  return std::ranges::any_of(*services, [&](const MasterService& service) {
    return is_smtp_listener(service) && (listens_outside || has_own_address(service)) && is_enabled(service);
  });
}

NotFollowed transports_not_followed(const ParameterValues& values, const PrimaryRules& rules) {
  NotFollowed result;
  if (!is_local(values)) result.local = not_followed("the primary's local_transport delivers without aliases(5)");
  result.relay = detour_by("relay_transport", values, rules);
  result.outbound = detour_by("default_transport", values, rules);
  for (const char* parameter : {"inet_interfaces", "proxy_interfaces"}) {
    const auto items = values.items(parameter);
    if (items) result.own_addresses.insert(result.own_addresses.end(), items->begin(), items->end());
  }
  result.has_other_default_port = has_other_default_port(values);
  const bool asks_dns = equal_folded(trimmed(values.expanded("disable_dns_lookups").value_or("")), "no") &&
                        trimmed(values.expanded("smtp_dns_support_level").value_or("?")) != "disabled" &&
                        has_word(values.expanded("smtp_host_lookup").value_or(""), "dns");
  if (!asks_dns) {
    result.without_mx = not_followed(
        "the primary's disable_dns_lookups, smtp_dns_support_level or smtp_host_lookup may keep it from finding this "
        "host by the DNS");
  } else if (result.has_other_default_port) {
    result.without_mx = not_followed("the primary's smtp_tcp_port is not the SMTP port of this host");
  }
  return result;
}

}  // namespace shorthop
