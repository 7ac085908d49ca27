// Which host is the primary of a relay domain, from what Postfix and the DNS say of the way there. Pure.
// Source: transport(5), postconf(5) relay_transport and relayhost, trivial-rewrite(8).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mx_standing.h"
#include "system/dns.h"

namespace shorthop::tool {

/// A result of transport(5): "transport:nexthop".
struct Route {
  std::string transport;              ///< empty: as it is without the table
  std::vector<std::string> nexthops;  ///< as written: "[host]:port", "domain"; empty: the recipient's domain
};

Route parse_route(std::string_view text);

/// The keys that transport(5) asks for a domain, in this order: itself, ".parent" for each parent, "*".
std::vector<std::string> transport_keys(std::string_view domain);

struct RouteFacts {
  std::string domain;
  std::optional<std::string> transport;          ///< what transport_maps has for the domain
  std::string transport_table;                   ///< which of them
  std::optional<std::string> transport_failure;  ///< a table that could not be asked
  std::string relay_transport;                   ///< the parameters, expanded
  std::string relayhost;
  MxAnswer exchangers;  ///< of the domain
  OwnNames own;
  AddressesOf addresses_of;
  /// MX of the domain that a nexthop without brackets names.
  std::function<MxAnswer(const std::string& domain)> exchangers_of;
};

struct PrimaryFound {
  std::string host;
  std::vector<std::string> next_hops;  ///< other hosts on the way
  std::string from;                    ///< where it was found, as a postmaster would say it
};

/// The primary, or why it is not known: a sentence.
std::expected<PrimaryFound, std::string> find_primary(const RouteFacts& facts);

}  // namespace shorthop::tool
