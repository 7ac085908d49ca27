// The lines of a table of networks: cidr_table(5). Not here: which line answers (tables/types/cidr_table.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "system/ip_address.h"

namespace shorthop {

/// The addresses of one family that begin with the same bits.
class Network {
 public:
  /// "192.0.2.0/24", "2001:db8::/32" or an address; brackets may enclose the address or the whole text. The error is a
  /// sentence.
  static std::expected<Network, std::string> parse(std::string_view text);

  bool contains(const IpAddress& address) const;
  bool has_family_of(const IpAddress& address) const { return address_.is_v6() == address.is_v6(); }

 private:
  Network(const IpAddress& address, std::size_t bits) : address_(address), bits_(bits) {}

  IpAddress address_;  ///< the bits after the first `bits_` are 0
  std::size_t bits_;
};

/// "!10.0.0.0/8" matches every other address of the same family, and none of the other family.
struct NetworkPattern {
  Network network;
  bool is_negated = false;

  bool matches(const IpAddress& address) const {
    return network.has_family_of(address) && network.contains(address) != is_negated;
  }
};

struct CidrLine {
  enum class Kind : std::uint8_t { match, begin_if, end_if };
  Kind kind = Kind::end_if;
  std::optional<NetworkPattern> pattern{};  ///< the pattern of a match or of an if
  std::string value{};                      ///< the result of a match
  std::string written{};                    ///< the pattern as written, with its "!"
};

/// One logical line, or why Postfix skips it. Source: Postfix util/dict_cidr.c and util/cidr_match.c.
std::expected<CidrLine, std::string> parse_cidr_line(std::string_view line);

}  // namespace shorthop
