// Asks the DNS for addresses of hosts and for MX records: all questions of a call at once, within a time limit. Found,
// absent and failed are three results: without an answer, it is unknown whether there is a record.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shorthop {

/// The records; empty if there is none. The error is a sentence: why the DNS gave no answer.
template <class Record>
using DnsAnswer = std::expected<std::vector<Record>, std::string>;

using AddressAnswer = DnsAnswer<std::string>;

/// For messages: what an empty answer about a host means.
inline constexpr std::string_view no_addresses = "the DNS has no address for it";

class HostAddresses {
 public:
  virtual ~HostAddresses() = default;
  /// For each name its addresses in the form of inet_ntop(3), each once. For an IP address the answer is that address.
  virtual std::vector<AddressAnswer> look_up(const std::vector<std::string>& names) const = 0;
};

struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  ///< folded, without the final dot; empty: the null MX (RFC 7505)
  bool operator==(const MxRecord&) const = default;
};

/// Sorted by preference, then by name.
using MxAnswer = DnsAnswer<MxRecord>;

class MxLookup {
 public:
  virtual ~MxLookup() = default;
  /// One answer for each domain, in the same order.
  virtual std::vector<MxAnswer> look_up(const std::vector<std::string>& domains) const = 0;
};

struct DnsLimits {
  std::chrono::milliseconds time;  ///< the limit for all questions of a call together
  std::string servers;             ///< "127.0.0.1:5300"; empty: the servers of /etc/resolv.conf
};

/// The addresses of a host in the text of a hosts(5) file, each once. Every line that names the host counts; c-ares
/// would read only the first line of each family.
std::vector<std::string> addresses_in_hosts_file(std::string_view text, std::string_view host);

/// Reads /etc/hosts. If a host is not there, asks the DNS for its IPv4 and IPv6 addresses; if one of these two
/// questions fails, the answer is that failure. Other sources of nsswitch.conf are not asked.
class SystemHostAddresses final : public HostAddresses {
 public:
  explicit SystemHostAddresses(DnsLimits limits = {std::chrono::seconds(2), {}}) : limits_(std::move(limits)) {}
  std::vector<AddressAnswer> look_up(const std::vector<std::string>& names) const override;

 private:
  DnsLimits limits_;
};

class SystemMxLookup final : public MxLookup {
 public:
  explicit SystemMxLookup(DnsLimits limits = {std::chrono::seconds(10), {}}) : limits_(std::move(limits)) {}
  std::vector<MxAnswer> look_up(const std::vector<std::string>& domains) const override;

 private:
  DnsLimits limits_;
};

}  // namespace shorthop
