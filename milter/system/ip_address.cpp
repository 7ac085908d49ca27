#include "system/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace shorthop {

namespace {

/// The addresses that begin with the first `bits` bits of `bytes`.
struct AddressRange {
  std::array<std::uint8_t, 16> bytes;
  unsigned bits;

  bool contains(std::span<const std::uint8_t> address) const {
    for (unsigned bit = 0; bit < bits; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if ((address[bit / 8] & mask) != (bytes[bit / 8] & mask)) return false;
    }
    return true;
  }
};

constexpr std::array private_v4 = {
    AddressRange{{0}, 8},         AddressRange{{10}, 8},       AddressRange{{100, 64}, 10},  AddressRange{{127}, 8},
    AddressRange{{169, 254}, 16}, AddressRange{{172, 16}, 12}, AddressRange{{192, 168}, 16},
};
constexpr std::array private_v6 = {
    AddressRange{{}, 127},  // :: and ::1
    AddressRange{{0xfc}, 7},
    AddressRange{{0xfe, 0x80}, 10},
};

}  // namespace

IpAddress::IpAddress(bool is_v6, const void* bytes) : is_v6_(is_v6) {
  std::memcpy(bytes_.data(), bytes, is_v6 ? bytes_.size() : v4_size);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.contains('\0')) return std::nullopt;  // inet_pton(3) would read the part before it
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return IpAddress(false, bytes.data());
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(true, bytes.data());
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IpAddress(false, &v4.sin_addr);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return IpAddress(true, &v6.sin6_addr);
  }
  return std::nullopt;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

IpAddress IpAddress::unmapped() const {
  constexpr std::array<std::uint8_t, 12> prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!is_v6_ || std::memcmp(bytes_.data(), prefix.data(), prefix.size()) != 0) return *this;
  return {false, bytes_.data() + prefix.size()};
}

bool IpAddress::is_private() const {
  const IpAddress address = unmapped();
  const auto is_in = [&](const AddressRange& range) { return range.contains(address.bytes()); };
  return address.is_v6_ ? std::ranges::any_of(private_v6, is_in) : std::ranges::any_of(private_v4, is_in);
}

bool is_loopback(std::string_view bare_host) {
  if (bare_host == "localhost") return true;
  const auto address = IpAddress::parse(bare_host);
  return address && (address->is_v6() ? address->text() == "::1" : address->bytes().front() == 127);
}

}  // namespace shorthop
