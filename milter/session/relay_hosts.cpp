#include "session/relay_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mail/host.h"
#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Whether the list has the host. The items of the list have the form of canonical_host(). An empty host is in no list.
bool contains(const std::vector<std::string>& list, std::string_view host) {
  return !host.empty() && !list.empty() && std::ranges::find(list, canonical_host(host)) != list.end();
}

/// leads_elsewhere() for one host of the next hop, which may be a list.
bool is_elsewhere(std::string_view hop, const Relay& relay, const Snapshot& snapshot) {
  const std::string_view host = bare_host(hop);
  if (host.empty() || contains(relay.next_hops, host)) return false;
  if (has_other_port(hop)) return true;
  const std::string key = host_key(host);
  if (relay.other_exchangers.contains(key)) return true;
  const auto& known = is_address_literal(host) ? relay.client_addresses : relay.client_names;
  if (known.empty() || contains(known, host)) return false;
  const auto domain = snapshot.relay_by_domain.find(key);
  return domain == snapshot.relay_by_domain.end() || domain->second.get() != &relay;
}

}  // namespace

std::string canonical_host(std::string_view host) {
  std::string key = host_key(host);
  const auto address = IpAddress::parse(key);
  return address ? address->unmapped().text() : std::move(key);
}

bool is_primary(std::string_view client_address, std::string_view client_name, const Relay& relay) {
  return contains(relay.client_addresses, client_address) || contains(relay.client_names, client_name);
}

bool leads_elsewhere(std::string_view next_hop, const Relay& relay, const Snapshot& snapshot) {
  return std::ranges::any_of(hosts_in_list(next_hop),
                             [&](std::string_view hop) { return is_elsewhere(hop, relay, snapshot); });
}

std::string described(std::string_view next_hop, const Relay& relay) {
  std::string text = log_field(next_hop, 64);
  const std::string* other = find_value(relay.other_exchangers, host_key(next_hop));
  if (other != nullptr) text += fmt::format(" (best MX {})", log_field(*other, 64));
  return text;
}

bool lacks_addresses(std::string_view client_address, std::string_view next_hop, const Relay& relay) {
  if (relay.unknown_addresses.empty()) return false;
  if (!client_address.empty()) return true;
  return std::ranges::any_of(hosts_in_list(next_hop), [](std::string_view hop) {
    const std::string_view host = bare_host(hop);
    return !host.empty() && is_address_literal(host);
  });
}

bool leads_to_primary(std::string_view next_hop, const Snapshot& snapshot) {
  return std::ranges::any_of(hosts_in_list(next_hop), [&](std::string_view hop) {
    return std::ranges::any_of(snapshot.relays, [&](const auto& relay) {
      return contains(relay->client_names, hop) || contains(relay->client_addresses, hop);
    });
  });
}

bool is_relay_transport(std::string_view mailer, const Snapshot& snapshot) {
  if (snapshot.other_transports.contains(mailer)) return false;
  return std::ranges::any_of(snapshot.relay_transports,
                             [&](const std::string& transport) { return mailer.starts_with(transport); });
}

std::optional<bool> is_sent_to_primary(const Address& address, const Relay& relay, const Snapshot& snapshot,
                                       Deadline deadline) {
  const auto route = snapshot.host->route_of(address, deadline);
  if (!route) return false;
  if (!*route) return std::nullopt;
  const auto& [mailer, next_hop] = **route;
  if (!mailer.empty() && !is_relay_transport(mailer, snapshot)) return false;
  return !leads_elsewhere(next_hop.empty() ? address.a_label_domain() : std::string_view(next_hop), relay, snapshot);
}

bool is_host_of(std::string_view client_address, std::string_view client_name, const Relay& relay) {
  if (is_primary(client_address, client_name, relay)) return true;
  return contains(relay.next_hops, client_name) ||
         (!client_address.empty() && contains(relay.next_hops, client_address));
}

bool have_same_primary(const Relay& one, const Relay& other) {
  if (&one == &other) return true;
  if (!one.unknown_addresses.empty() || !other.unknown_addresses.empty()) return true;
  const auto share = [](const std::vector<std::string>& hosts, const std::vector<std::string>& others) {
    return std::ranges::find_first_of(hosts, others) != hosts.end();
  };
  return share(one.client_addresses, other.client_addresses) || share(one.client_names, other.client_names);
}

}  // namespace shorthop
