#include "daemon/client_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

#include "text/ascii.h"

namespace shorthop {
namespace {

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string text_of(const in6_addr& address) {
  constexpr std::size_t v4_offset = 12;  // RFC 4291, 2.5.5.2
  if (IN6_IS_ADDR_V4MAPPED(&address)) return text_of(AF_INET, address.s6_addr + v4_offset);
  return text_of(AF_INET6, &address);
}

}  // namespace

Client client_from(const char* name, const sockaddr* address) {
  Client client;
  if (name != nullptr && *name != '[') client.name = name;  // "[192.0.2.1]": no host name is known
  if (address == nullptr) return client;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    client.address = text_of(AF_INET, &v4.sin_addr);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    client.address = text_of(v6.sin6_addr);
  }
  return client;
}

std::string plain_address(std::string_view address) {
  constexpr std::string_view prefix = "IPv6:";  // RFC 5321, 4.1.3
  if (starts_with_folded(address, prefix)) address.remove_prefix(prefix.size());
  std::string text(address);
  in6_addr v6{};
  if (text.find(':') == text.npos || ::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  return text_of(v6);
}

}  // namespace shorthop
