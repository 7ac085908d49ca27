// The doctor on the DNS: this host must be a secondary MX of each relay domain, and the primary must be a better MX. It
// is not an error if a name server does not answer.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "mail/host.h"
#include "system/ip_address.h"
#include "tool/doctor/checks.h"

namespace shorthop::tool {
namespace {

class DnsChecks {
 public:
  DnsChecks(const HostFacts& facts, Findings& findings) : facts_(facts), dns_(*facts.dns), findings_(findings) {}

  void run() {
    for (const RelaySettings& relay : facts_.settings->relays) {
      if (!check_primary(relay)) continue;
      for (const std::string& domain : relay.domains.value) check_domain(relay, domain);
    }
    for (const SurveyFacts& survey : facts_.surveys) {
      for (const std::string& domain : survey.domains_here) check_arrival(survey, domain);
    }
  }

 private:
  static Origin place_of(const RelaySettings& relay) { return relay.domains.origin; }

  std::vector<std::string> addresses_of(const std::string& host) const {
    const auto found = dns_.addresses.find(host);
    return found == dns_.addresses.end() ? std::vector<std::string>() : found->second;
  }

  bool is_here(const std::string& host) const {
    return is_this_host(host, facts_.own, [this](const std::string& name) { return addresses_of(name); });
  }

  /// A loopback address is this host's, whatever its interfaces are.
  bool is_at_loopback(const std::string& host) const {
    return is_loopback(host) || std::ranges::any_of(addresses_of(host), is_loopback);
  }

  /// False if this host is the primary: then the other checks would only report the same fault again.
  bool check_primary(const RelaySettings& relay) {
    const std::string primary = host_key(relay.primary.value);
    const Origin& place = relay.primary.origin;
    if (const auto silence = dns_.unknown_hosts.find(primary); silence != dns_.unknown_hosts.end()) {
      findings_.add(silence->second.is_certain ? "primary-unknown" : "dns-not-checked", place,
                    fmt::format("the addresses of the primary {} are not known: {}", primary, silence->second.what),
                    "check the name, or set an address instead");
    }
    if (!is_here(primary) && !is_at_loopback(primary)) return true;
    findings_.add("primary-is-here", place, fmt::format("the primary {} is this host", relay.primary.value),
                  "set primary to the host that is responsible for the domains");
    return false;
  }

  void check_domain(const RelaySettings& relay, const std::string& domain) {
    const auto answer = dns_.exchangers.find(domain);
    if (answer == dns_.exchangers.end()) return;
    if (!answer->second) {
      findings_.add("dns-not-checked", place_of(relay),
                    fmt::format("the MX records of {} could not be checked: {}", domain, answer->second.error()),
                    "run shorthop check again when the DNS answers, or with --no-dns");
    } else if (answer->second->empty()) {
      findings_.add("mx-missing", place_of(relay), fmt::format("{} has no MX record", domain), both_records(domain));
    } else {
      check_standing(relay, domain, *answer->second);
    }
  }

  static std::string both_records(const std::string& domain) {
    return fmt::format("add MX records to the zone of {}: one for the primary, and a less preferred one for this host",
                       domain);
  }

  /// The line that makes this host a secondary MX. Its preference must be worse than every other host's, because
  /// Postfix and Sendmail relay only to hosts with a better preference than their own.
  std::string own_record(const std::string& domain, const std::vector<MxRecord>& exchangers) const {
    constexpr unsigned distance = 10;
    const MxRecord& worst = exchangers.back();
    const unsigned preference = worst.preference + distance;
    const bool has_room = preference <= std::numeric_limits<std::uint16_t>::max();
    if (worst.host.empty() || !has_room) return both_records(domain);  // RFC 7505, 3: a null MX stands alone
    return fmt::format("add \"{}. MX {} {}.\" to the zone", domain, preference,
                       facts_.own.names.empty() ? "HOST" : facts_.own.names.front());
  }

  void check_standing(const RelaySettings& relay, const std::string& domain, const std::vector<MxRecord>& exchangers) {
    const MxRank rank = rank_of(exchangers, facts_.own, [this](const std::string& host) { return addresses_of(host); });
    if (!rank.own) {
      findings_.add("mx-not-listed", place_of(relay),
                    fmt::format("this host ({}) is not among the MX hosts of {}",
                                facts_.own.names.empty() ? "no name" : facts_.own.names.front(), domain),
                    own_record(domain, exchangers) + ", or remove the domain from domains");
    } else if (rank.better.empty()) {
      findings_.add("mx-no-primary", place_of(relay), fmt::format("no MX host of {} is better than this one", domain),
                    "in the zone, give the primary a lower preference value than this host");
    }
    if (!is_routed_to_primary(relay, domain)) check_best(relay, domain);
  }

  /// The daemon keeps the recipients of a domain whose mail this host sends to another host than the primary.
  void check_best(const RelaySettings& relay, const std::string& domain) {
    for (const std::string& host : best_hosts(domain)) {
      const auto& hops = relay.next_hops.value;
      const bool is_known = is_here(host) || is_primary(host, relay) || std::ranges::find(hops, host) != hops.end();
      if (host.empty() || is_known) continue;
      findings_.add(
          "mx-primary-differs", relay.primary.origin,
          fmt::format("the best MX of {} is {}, which is neither the primary {} nor in next-hops", domain, host,
                      relay.primary.value),
          fmt::format("set primary to the host that sends mail here; or, if {} expands recipients in the same "
                      "way, write next-hops = {}",
                      host, host));
      return;
    }
  }

  /// A local domain that a primary's aliases lead to: the primary must send its mail to this host.
  void check_arrival(const SurveyFacts& survey, const std::string& domain) {
    if (arrives_anyway(survey.relay, domain)) return;
    for (const std::string& host : best_hosts(domain)) {
      if (!is_elsewhere(host)) continue;
      findings_.add(
          "mx-elsewhere", {survey.file, 0},
          fmt::format("aliases of {} lead to {}, whose mail does not go to this host alone: its best MX is {}",
                      survey.relay, domain, host.empty() ? "none" : host),
          fmt::format("if the primary sends its mail here anyway, write arrives-here = {}", domain));
      return;
    }
  }

  bool arrives_anyway(const std::string& relay, const std::string& domain) const {
    return std::ranges::any_of(facts_.settings->relays, [&](const RelaySettings& settings) {
      return settings.name == relay && std::ranges::find(settings.arrives_here, domain) != settings.arrives_here.end();
    });
  }

  /// The hosts that get a domain's mail first; empty if unknown. RFC 5321, 5.1: a domain without an MX record is its
  /// own mail host.
  std::vector<std::string> best_hosts(const std::string& domain) const {
    const auto answer = dns_.exchangers.find(domain);
    if (answer == dns_.exchangers.end() || !answer->second) return {};
    return shorthop::best_hosts(domain, *answer->second);
  }

  /// True only if the host is certainly another one than this host.
  bool is_elsewhere(const std::string& host) const {
    if (is_here(host)) return false;
    const auto silence = dns_.unknown_hosts.find(host);
    return host.empty() || dns_.addresses.contains(host) ||
           (silence != dns_.unknown_hosts.end() && silence->second.is_certain);
  }

  /// Whether Postfix's tables send the domain to the primary by its name or address. Then its MX hosts do not matter:
  /// a better one is often a filter in front of the primary.
  bool is_routed_to_primary(const RelaySettings& relay, const std::string& domain) const {
    if (!facts_.postfix) return false;
    const auto route = facts_.postfix->routes.find(domain);
    if (route == facts_.postfix->routes.end()) return false;
    const auto& hops = route->second.next_hops;
    const std::string primary = host_key(relay.primary.value);
    return std::ranges::any_of(hops, [&](const std::string& hop) { return host_key(hop) == primary; });
  }

  /// Whether an MX host is the primary, by its name or addresses.
  bool is_primary(const std::string& host, const RelaySettings& relay) const {
    const std::string primary = host_key(relay.primary.value);
    if (host == primary) return true;
    std::vector<std::string> known = addresses_of(primary);
    known.push_back(primary);
    return std::ranges::any_of(addresses_of(host), [&](const std::string& address) {
      return std::ranges::find(known, address) != known.end();
    });
  }

  const HostFacts& facts_;
  const DnsFacts& dns_;
  Findings& findings_;
};

}  // namespace

void check_dns(const HostFacts& facts, Findings& findings) {
  if (facts.settings && facts.dns) DnsChecks(facts, findings).run();
}

}  // namespace shorthop::tool
