// An IPv4 or IPv6 address, parsed from text or taken from a sockaddr. Equal addresses have the same text().
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shorthop {

class IpAddress {
 public:
  /// "192.0.2.1" or "2001:db8::1", in the form of inet_pton(3): without brackets, "IPv6:", port or scope.
  static std::optional<IpAddress> parse(std::string_view text);
  /// Absent for families other than AF_INET and AF_INET6.
  static std::optional<IpAddress> from(const sockaddr& address);

  /// The form of inet_ntop(3).
  std::string text() const;
  /// In network order: 4 or 16 bytes.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v6_ ? bytes_.size() : v4_size}; }
  bool is_v6() const { return is_v6_; }
  /// An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) as IPv4; other addresses unchanged.
  IpAddress unmapped() const;

  /// Whether different networks may use the address for different hosts: unspecified, loopback and link-local
  /// addresses, and the private ranges of RFC 1918, RFC 6598 and RFC 4193. For an IPv4-mapped address, its IPv4 address
  /// decides.
  bool is_private() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  static constexpr std::size_t v4_size = 4;

  IpAddress(bool is_v6, const void* bytes);

  bool is_v6_;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address uses the first four
};

inline bool is_ip_address(std::string_view text) { return IpAddress::parse(text).has_value(); }

/// Whether a bare host is "localhost", ::1 or an IPv4 address in 127.0.0.0/8. False for names such as "127.example.org"
/// and for short forms such as "127.1".
bool is_loopback(std::string_view bare_host);

}  // namespace shorthop
