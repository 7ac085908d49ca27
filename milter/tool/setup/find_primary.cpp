#include "tool/setup/find_primary.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/host.h"
#include "system/ip_address.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop::tool {
namespace {

using Result = std::expected<PrimaryFound, std::string>;

/// Whether this transport delivers mail in another way than by SMTP: then there is no primary.
bool is_other_than_smtp(std::string_view transport) {
  constexpr std::string_view elsewhere[] = {"local", "virtual", "lmtp", "error", "retry", "discard", "pipe"};
  return std::ranges::find(elsewhere, transport) != std::end(elsewhere);
}

/// A name in brackets is a host; any other is a domain, whose best MX host is used.
Result host_behind(const std::string& nexthop, const RouteFacts& facts, std::string from) {
  const std::string host = host_key(nexthop);
  if (nexthop.starts_with('[') || is_ip_address(host)) return PrimaryFound{host, {}, std::move(from)};
  const MxAnswer exchangers = facts.exchangers_of(host);
  if (!exchangers) {
    if (host == facts.domain) return std::unexpected(fmt::format("{}: {}", host, exchangers.error()));
    return PrimaryFound{host, {}, std::move(from)};
  }
  const MxRank rank = rank_of(*exchangers, facts.own, facts.addresses_of);
  if (!rank.better.empty()) {
    return PrimaryFound{rank.better.front(), {}, fmt::format("{} and the MX records of {}", from, host)};
  }
  // If the name has no MX record, smtp(8) takes the name itself as the host.
  if (exchangers->empty() && host != facts.domain) return PrimaryFound{host, {}, std::move(from)};
  return std::unexpected(fmt::format("the MX records of {} name no host that is better than this one", host));
}

Result with_port_of(const std::string& nexthop, Result found) {
  if (found && has_other_port(nexthop)) found->other_port = nexthop;
  return found;
}

/// The first next hop is the primary; the others are hosts on the way.
Result first_of(const std::vector<std::string>& nexthops, const RouteFacts& facts, const std::string& from) {
  Result found = host_behind(nexthops.front(), facts, from);
  if (!found) return found;
  for (std::size_t i = 1; i < nexthops.size(); ++i) {
    found->next_hops.push_back(host_key(nexthops[i]));
  }
  return with_port_of(nexthops.front(), std::move(found));
}

Result from_dns(const RouteFacts& facts) {
  if (!facts.exchangers) return std::unexpected(facts.exchangers.error());
  const MxRank rank = rank_of(*facts.exchangers, facts.own, facts.addresses_of);
  if (rank.better.empty()) {
    return std::unexpected(facts.exchangers->empty()
                               ? fmt::format("{} has no MX record", facts.domain)
                               : fmt::format("no MX host of {} is better than this one", facts.domain));
  }
  return PrimaryFound{rank.better.front(), {}, fmt::format("the MX records of {}", facts.domain)};
}

/// The DNS tells whether relayhost is the primary itself or a host on the way to it.
Result behind_relayhost(const RouteFacts& facts) {
  const std::string relayhost = host_key(facts.relayhost);
  Result found = from_dns(facts);
  if (!found) return with_port_of(facts.relayhost, host_behind(facts.relayhost, facts, "relayhost"));
  if (found->host != relayhost) {
    found->next_hops.push_back(relayhost);
    return found;
  }
  found->from = "relayhost";
  return with_port_of(facts.relayhost, std::move(found));
}

}  // namespace

Route parse_route(std::string_view text) {
  text = trimmed(text);
  const std::size_t colon = text.find(':');
  Route route{std::string(text.substr(0, colon)), {}};
  if (colon != text.npos) route.nexthops = list_items(text.substr(colon + 1));
  return route;
}

std::vector<std::string> transport_keys(std::string_view domain) {
  std::vector<std::string> keys{std::string(domain)};
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    keys.emplace_back(domain.substr(dot));
  }
  keys.emplace_back("*");
  return keys;
}

Result find_primary(const RouteFacts& facts) {
  if (facts.transport_failure) return std::unexpected("transport_maps: " + *facts.transport_failure);
  if (facts.transport) {
    const Route route = parse_route(*facts.transport);
    if (is_other_than_smtp(route.transport)) {
      return std::unexpected(fmt::format("transport_maps ({}) sends it to {}, not to another host",
                                         facts.transport_table, printable(*facts.transport)));
    }
    const std::string from = "transport_maps, " + facts.transport_table;
    if (!route.nexthops.empty()) return first_of(route.nexthops, facts, from);
    // "relay:" uses the recipient's domain as next hop; ":" changes nothing.
    if (!route.transport.empty()) return from_dns(facts);
  }
  const Route route = parse_route(facts.relay_transport);
  if (!route.nexthops.empty()) return first_of(route.nexthops, facts, "relay_transport");
  return facts.relayhost.empty() ? from_dns(facts) : behind_relayhost(facts);
}

}  // namespace shorthop::tool
