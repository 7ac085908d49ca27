// Where this host stands among the MX hosts of a domain. Pure: what the DNS and the system said comes as data.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/dns.h"

namespace shorthop {

/// By what other hosts know this one.
struct OwnNames {
  std::vector<std::string> names;      ///< folded
  std::vector<std::string> addresses;  ///< as inet_ntop(3) writes them

  bool has_name(std::string_view host) const;
  bool has_address(std::string_view address) const;
};

/// The addresses of a host name; empty if they are not known.
using AddressesOf = std::function<std::vector<std::string>(const std::string& host)>;

/// Whether the host is this one, by its name or by an address.
bool is_this_host(const std::string& host, const OwnNames& own, const AddressesOf& addresses_of);

/// The hosts of the best preference; the domain itself if it has no MX record (RFC 5321, 5.1).
std::vector<std::string> best_hosts(const std::string& domain, const std::vector<MxRecord>& exchangers);

struct MxStanding {
  std::optional<std::uint16_t> own;  ///< the best preference under which this host is named; absent: it is not
  /// The other hosts of a better preference than this one's, best first; all others if this host is not named.
  std::vector<std::string> better;
};

MxStanding standing_of(const std::vector<MxRecord>& exchangers, const OwnNames& own, const AddressesOf& addresses_of);

}  // namespace shorthop
