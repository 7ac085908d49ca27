// The doctor on other Postfix features that affect recipients: proxies, overrides, relay domains, routes, copies.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "mail/host.h"
#include "postfix/parameters.h"
#include "session/relay_hosts.h"
#include "system/ip_address.h"
#include "text/ascii.h"
#include "tool/doctor/checks.h"
#include "tool/doctor/milter_faults.h"
#include "tool/doctor/mx_backup.h"
#include "tool/printed_command.h"

namespace shorthop::tool {
namespace {

/// The value of a parameter for a service, and where it is set.
struct ServiceValue {
  Origin place;
  std::string where;
  std::string value;
};

ServiceValue value_in(const PostfixHost& postfix, const MasterService& service, std::string_view name) {
  const bool is_own = service.override_of(name).has_value();
  return {is_own ? place_of_service(postfix, service) : place_of_parameter(postfix, name),
          is_own ? fmt::format("-o {} of {} in master.cf", name, service.postconf_name()) : std::string(name),
          postfix.facts.value_for(service, name)};
}

void check_proxy_filter(const ServiceValue& proxy, Findings& findings) {
  if (proxy.value.empty()) return;
  findings.add("proxy-filter", proxy.place, fmt::format("{} is {}", proxy.where, printable(proxy.value)),
               "add shorthop to the smtpd_milters of the smtpd behind that filter, or use content_filter instead");
}

void check_overrides(const ServiceValue& options, Findings& findings) {
  if (has_word(options.value, "no_milters")) {
    findings.add("no-milters", options.place, fmt::format("{} has no_milters", options.where),
                 "remove no_milters from it");
  }
  if (has_word(options.value, "no_address_mappings")) {
    findings.add("no-address-mappings", options.place, fmt::format("{} has no_address_mappings", options.where),
                 "remove it, or make sure that the recipients that shorthop adds need no alias of this host");
  }
}

/// Checks one parameter of all public smtpd(8) services. If several services have a value from the same place, it is
/// checked once.
void check_parameter(const PostfixHost& postfix, std::string_view name,
                     void (*check)(const ServiceValue& value, Findings& findings), Findings& findings) {
  std::set<std::pair<std::string, std::string>> checked;
  for (const MasterService& service : postfix.facts.services) {
    if (!is_public_smtpd(service)) continue;
    const ServiceValue value = value_in(postfix, service, name);
    if (checked.emplace(value.where, value.value).second) check(value, findings);
  }
}

void check_services(const PostfixHost& postfix, const Settings& settings, Findings& findings) {
  if (!is_asked_behind_filter(postfix.facts, settings)) {
    check_parameter(postfix, "smtpd_proxy_filter", check_proxy_filter, findings);
  }
  check_parameter(postfix, "receive_override_options", check_overrides, findings);
}

/// An address of the domain's best MX hosts outside permit_mx_backup_networks; empty if none is known.
std::string address_outside(const std::string& domain, const MxBackup& backup, const HostFacts& facts) {
  if (backup.networks.empty() || !facts.dns) return {};
  const auto answer = facts.dns->exchangers.find(domain);
  if (answer == facts.dns->exchangers.end() || !answer->second || answer->second->empty()) return {};
  for (const MxRecord& one : *answer->second) {
    if (one.preference != answer->second->front().preference) break;
    const auto addresses = facts.dns->addresses.find(one.host);
    if (addresses == facts.dns->addresses.end()) continue;
    for (const std::string& address : addresses->second) {
      if (!is_in_networks(address, backup.networks).value_or(true)) return address;
    }
  }
  return {};
}

/// A domain missing from relay_domains: its mail is rejected, unless this host may act as its backup MX.
void check_unlisted_domain(const std::string& domain, const RelaySettings& relay, const MxBackup& backup,
                           const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  const Origin& place = relay.domains.origin;
  const std::string add =
      fmt::format("add it to relay_domains in {}", place_of_parameter(postfix, "relay_domains").file);
  if (std::ranges::find(facts.local_domains, domain) != facts.local_domains.end()) {
    findings.add("not-relayed", place, fmt::format("{} is local to this host, and not in relay_domains", domain),
                 "if another host is its primary, move it from this host's local domains to relay_domains; otherwise "
                 "remove it from domains");
  } else if (!backup.is_permitted) {
    findings.add("not-relayed", place, fmt::format("{} is not in relay_domains", domain),
                 add + ", or remove it from domains");
  } else if (const std::string address = address_outside(domain, backup, facts); !address.empty()) {
    findings.add("not-relayed", place,
                 fmt::format("{} is not in relay_domains, and permit_mx_backup_networks does not have {}, an address "
                             "of its primary",
                             domain, address),
                 add + ", or add the network of the primary to permit_mx_backup_networks");
  } else {
    findings.add("relayed-as-backup", place,
                 fmt::format("{} is not in relay_domains; permit_mx_backup in {} accepts it", domain, backup.parameter),
                 add + ", so that it is accepted whatever the DNS says");
  }
}

void check_domains(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  const Origin place = place_of_parameter(postfix, "relay_domains");
  const MxBackup backup = mx_backup_of(postfix.facts);
  for (const RelaySettings& relay : facts.settings->relays) {
    for (const std::string& domain : relay.domains.value) {
      const auto is_relayed = postfix.relays.find(domain);
      if (is_relayed == postfix.relays.end() || is_relayed->second.value_or(true)) continue;
      check_unlisted_domain(domain, relay, backup, facts, findings);
    }
  }
  for (const RelayDomain& domain : postfix.relay_domains.domains) {
    const bool is_known = std::ranges::any_of(
        facts.settings->relays, [&](const RelaySettings& relay) { return has_domain(relay, domain.name); });
    if (is_known) continue;
    findings.add("no-settings-for-domain", place, fmt::format("no file in relay.d names {}", domain.name),
                 command_for(facts.settings->file, "setup") + " writes one");
  }
}

/// postconf(5) relay_recipient_maps: "If this setting is empty, the Postfix SMTP server accepts mail for all
/// recipients". ADDRESS_VERIFICATION_README: the probe asks the primary. If it does not answer, and the cache has no
/// result of an earlier probe, Postfix does what unverified_recipient_tempfail_action says: by default it defers the
/// mail.
void check_recipients(const HostFacts& facts, Findings& findings) {
  const PostfixFacts& postfix = facts.postfix->facts;
  if (facts.settings->relays.empty() || !postfix.value("relay_recipient_maps").empty()) return;
  for (const std::string_view list : {"smtpd_recipient_restrictions", "smtpd_relay_restrictions"}) {
    if (!has_word(postfix.value(list), "reject_unverified_recipient")) continue;
    findings.add("unverified-recipient", place_of_parameter(*facts.postfix, list),
                 fmt::format("relay_recipient_maps is empty, and {} has reject_unverified_recipient", list),
                 "set relay_recipient_maps to a table of the primary's addresses, and remove "
                 "reject_unverified_recipient");
    return;
  }
  findings.add("no-relay-recipients", place_of_parameter(*facts.postfix, "relay_recipient_maps"),
               "relay_recipient_maps is empty, so every address of the relay domains is accepted",
               "set relay_recipient_maps to a table of the primary's addresses; reject_unverified_recipient in "
               "smtpd_recipient_restrictions needs no table, but makes this host refuse or defer mail while the "
               "primary is down");
}

bool is_relay_transport(const std::string& transport, const Settings& settings) {
  return std::ranges::any_of(settings.relay_transports,
                             [&](const std::string& beginning) { return transport.starts_with(beginning); });
}

/// Judges a next hop as session/decision.cpp does: a host in next-hops may have any port, and a name cannot be compared
/// with an address.
bool is_elsewhere(const std::string& hop, const std::string& domain, const RelaySettings& relay) {
  const std::string host = canonical_host(hop);
  const std::string primary = canonical_host(relay.primary.value);
  const auto contains = [&](const std::vector<std::string>& list) {
    return std::ranges::find(list, host) != list.end();
  };
  if (contains(relay.next_hops.value)) return false;
  if (has_other_port(hop)) return true;
  return host != domain && host != primary && !contains(relay.domains.value) &&
         is_ip_address(host) == is_ip_address(primary);
}

void check_routes(const HostFacts& facts, Findings& findings) {
  for (const RelaySettings& relay : facts.settings->relays) {
    for (const std::string& domain : relay.domains.value) {
      const auto route = facts.postfix->routes.find(domain);
      if (route == facts.postfix->routes.end()) continue;
      const Origin& place = relay.domains.origin;
      if (!route->second.transport.empty() && !is_relay_transport(route->second.transport, *facts.settings)) {
        findings.add("route-not-relay", place,
                     fmt::format("Postfix delivers {} by {}, which is not among relay-transports", domain,
                                 printable(route->second.transport)),
                     "if that transport leads to the primary, add its name to relay-transports");
        continue;
      }
      for (const std::string& hop : route->second.next_hops) {
        if (!is_elsewhere(hop, domain, relay)) continue;
        findings.add("route-elsewhere", place,
                     fmt::format("Postfix sends {} to {}, but the primary is at the SMTP port of {}", domain,
                                 printable(hop), relay.primary.value),
                     fmt::format("if recipients are expanded in the same way there, write next-hops = {}",
                                 printable(host_key(hop))));
      }
    }
  }
}

}  // namespace

void check_postfix(const HostFacts& facts, Findings& findings) {
  if (!facts.settings) return;  // without settings, gather() does not look for an MTA
  if (facts.postfix_failure) {
    findings.add("mta-not-asked", {}, fmt::format("this host's Postfix cannot be asked: {}", *facts.postfix_failure),
                 "run postconf by hand: it prints the error");
  } else if (!facts.postfix && !facts.sendmail_cf) {
    findings.add("mta-absent", {}, "this host has neither Postfix nor Sendmail", {});
  }
  if (!facts.postfix) return;
  if (facts.postfix->facts.services_failure) {
    findings.add("mta-not-asked", {facts.postfix->master_cf_path, 0}, *facts.postfix->facts.services_failure, {});
  }
  check_services(*facts.postfix, *facts.settings, findings);
  check_domains(facts, findings);
  check_recipients(facts, findings);
  check_routes(facts, findings);
  for (const std::string& what : facts.postfix->not_asked) findings.add("mta-not-asked", {}, what);
}

}  // namespace shorthop::tool
