// Finds the primary of a relay domain from the routes of Postfix and the DNS. No I/O.
// Source: transport(5), postconf(5) relay_transport and relayhost, trivial-rewrite(8).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mx_rank.h"
#include "system/dns.h"

namespace shorthop::tool {

/// A value of a transport(5) table: "transport:nexthop".
struct Route {
  std::string transport;              ///< empty: the usual transport
  std::vector<std::string> nexthops;  ///< as written: "[host]:port", "domain"; empty: the recipient's domain
};

Route parse_route(std::string_view text);

/// The keys that transport(5) looks up for a domain, in order: the domain itself, ".parent" for each parent, "*".
std::vector<std::string> transport_keys(std::string_view domain);

struct RouteFacts {
  std::string domain;
  std::optional<std::string> transport;          ///< the result of transport_maps for the domain
  std::string transport_table;                   ///< the table with that entry
  std::optional<std::string> transport_failure;  ///< a failed look-up
  std::string relay_transport;                   ///< this parameter and the next: $names are expanded
  std::string relayhost;
  MxAnswer exchangers;  ///< MX records of the domain
  OwnNames own;
  AddressesOf addresses_of;
  /// MX records of the domain that a nexthop without brackets names.
  std::function<MxAnswer(const std::string& domain)> exchangers_of;
};

struct PrimaryFound {
  std::string host;
  std::vector<std::string> next_hops;  ///< other hosts on the way
  std::string from;                    ///< where it was found, in words for a postmaster
  /// The next hop, as written, if its port is not the SMTP port (has_other_port()); otherwise empty. Recipients that
  /// are sent to that next hop are kept, unless next-hops has its host.
  std::string other_port = {};
};

/// The primary, or a sentence that says why it is unknown.
std::expected<PrimaryFound, std::string> find_primary(const RouteFacts& facts);

}  // namespace shorthop::tool
