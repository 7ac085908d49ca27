// The MX records of domains, asked from the DNS within a time limit. An answer and no answer are two things: who asks
// must not take silence for a fault of the zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace shorthop {

struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  ///< folded, without the final dot; empty: the null MX (RFC 7505)
  bool operator==(const MxRecord&) const = default;
};

/// Sorted by preference, then by name; empty if the name has no MX record or does not exist. The error is a sentence:
/// the DNS could not be asked.
using MxAnswer = std::expected<std::vector<MxRecord>, std::string>;

/// The MX records in the bytes of an answer (RFC 1035, 4.1); other records are left out. Pure.
MxAnswer mx_records_in(std::span<const unsigned char> answer);

class MxLookup {
 public:
  virtual ~MxLookup() = default;
  /// An answer for each domain, in their order.
  virtual std::vector<MxAnswer> of(const std::vector<std::string>& domains) const = 0;
};

/// res_nquery(3). After `limit` the domains that are left are not asked any more.
class SystemMailExchangers final : public MxLookup {
 public:
  explicit SystemMailExchangers(std::chrono::milliseconds limit = std::chrono::seconds(10)) : limit_(limit) {}
  std::vector<MxAnswer> of(const std::vector<std::string>& domains) const override;

 private:
  std::chrono::milliseconds limit_;
};

}  // namespace shorthop
