#include "load/mx_rank.h"

#include <algorithm>

#include "system/ip_address.h"

namespace shorthop {

bool OwnNames::has_name(std::string_view host) const { return std::ranges::find(names, host) != names.end(); }

bool OwnNames::has_address(std::string_view address) const {
  const auto parsed = IpAddress::parse(address);
  return parsed && std::ranges::find(addresses, parsed->unmapped().text()) != addresses.end();
}

bool is_this_host(const std::string& host, const OwnNames& own, const AddressesOf& addresses_of) {
  if (own.has_name(host) || own.has_address(host)) return true;
  return std::ranges::any_of(addresses_of(host), [&](const std::string& address) { return own.has_address(address); });
}

std::vector<std::string> best_hosts(const std::string& domain, const std::vector<MxRecord>& exchangers) {
  if (exchangers.empty()) return {domain};
  std::vector<std::string> hosts;
  for (const MxRecord& one : exchangers) {
    if (one.preference == exchangers.front().preference) hosts.push_back(one.host);
  }
  return hosts;
}

MxRank rank_of(const std::vector<MxRecord>& exchangers, const OwnNames& own, const AddressesOf& addresses_of) {
  MxRank rank;
  std::vector<MxRecord> others;
  for (const MxRecord& one : exchangers) {
    if (one.host.empty()) continue;
    if (!is_this_host(one.host, own, addresses_of)) {
      others.push_back(one);
    } else if (!rank.own || one.preference < *rank.own) {
      rank.own = one.preference;
    }
  }
  for (const MxRecord& one : others) {
    if (!rank.own || one.preference < *rank.own) rank.better.push_back(one.host);
  }
  return rank;
}

}  // namespace shorthop
