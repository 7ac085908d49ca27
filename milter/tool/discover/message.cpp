#include "tool/discover/message.h"

#include <algorithm>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

bool is_version4(std::string_view address) { return !address.contains(':'); }

/// The /24 of an IPv4 address as written; the /64 of an IPv6 address whose first four groups are written out.
std::string_view network_of(std::string_view address) {
  if (is_version4(address)) return address.substr(0, address.rfind('.'));
  std::size_t at = 0;
  for (int groups = 0; groups < 4; ++groups) {
    at = address.find(':', at);
    if (at == std::string_view::npos) return {};
    ++at;
  }
  const std::string_view network = address.substr(0, at);
  return network.contains("::") ? std::string_view() : network;
}

/// "mail.example.org" -> "example.org"; empty if that domain has many owners: "org", or a domain like "co.uk".
std::string_view parent_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  const std::string_view parent = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  const std::size_t inner = parent.find('.');
  const bool is_registry = inner <= 3 && parent.size() - inner == 3;
  return inner == std::string_view::npos || is_registry ? std::string_view() : parent;
}

/// smtpd(8) logs "unknown" for a client whose name and address do not confirm each other.
bool has_name(const Peer& peer) { return !peer.name.empty() && peer.name != "unknown"; }

bool is_same_text(std::string_view one, std::string_view other) { return !one.empty() && equal_folded(one, other); }

}  // namespace

bool is_this_host(const Peer& peer) {
  const std::string_view address = peer.address;
  return address.empty() || address.starts_with("127.") || address == "::1";
}

bool is_same_site(const Peer& one, const Peer& other) {
  if (is_this_host(one) || is_this_host(other)) return is_this_host(one) && is_this_host(other);
  if (is_same_text(one.address, other.address)) return true;
  if (!has_name(one) || !has_name(other)) return is_same_text(network_of(one.address), network_of(other.address));
  return equal_folded(one.name, other.name) || is_same_text(parent_of(one.name), parent_of(other.name));
}

}  // namespace shorthop::tool
