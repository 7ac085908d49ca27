// The rank of this host among the MX hosts of a domain. No I/O: answers of the DNS and the system are passed in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/dns.h"

namespace shorthop {

/// Names and addresses of this host.
struct OwnNames {
  std::vector<std::string> names;      ///< folded
  std::vector<std::string> addresses;  ///< in the form of inet_ntop(3); IPv4-mapped ones as IPv4

  bool has_name(std::string_view host) const;
  /// `address` may have any spelling, also the one of an IPv4-mapped address.
  bool has_address(std::string_view address) const;
};

/// The addresses of a host name; empty if unknown.
using AddressesOf = std::function<std::vector<std::string>(const std::string& host)>;

/// Whether the host is this one, by name or by address.
bool is_this_host(const std::string& host, const OwnNames& own, const AddressesOf& addresses_of);

/// The hosts of the best preference; the domain itself if it has no MX record (RFC 5321, 5.1).
std::vector<std::string> best_hosts(const std::string& domain, const std::vector<MxRecord>& exchangers);

struct MxRank {
  std::optional<std::uint16_t> own;  ///< the best preference of a record with this host; absent: no record names it
  /// The other hosts with a better preference than this one, best first; all others if this host is not named.
  std::vector<std::string> better;
};

MxRank rank_of(const std::vector<MxRecord>& exchangers, const OwnNames& own, const AddressesOf& addresses_of);

}  // namespace shorthop
