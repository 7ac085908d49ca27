#include "daemon/client_name.h"

#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {

Client client_from(const char* name, const sockaddr* address) {
  Client client;
  if (name != nullptr && *name != '[') client.name = name;  // "[192.0.2.1]": the host name is unknown
  const auto known = address == nullptr ? std::nullopt : IpAddress::from(*address);
  if (known) client.address = known->unmapped().text();
  return client;
}

std::string plain_address(std::string_view address) {
  constexpr std::string_view prefix = "IPv6:";  // RFC 5321, 4.1.3
  if (starts_with_folded(address, prefix)) address.remove_prefix(prefix.size());
  const auto known = IpAddress::parse(address);
  return known ? known->unmapped().text() : std::string(address);
}

}  // namespace shorthop
