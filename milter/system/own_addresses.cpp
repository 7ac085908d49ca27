#include "system/own_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <memory>

#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {

std::vector<std::string> own_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(list, &freeifaddrs);
  std::vector<std::string> addresses;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if (const auto address = IpAddress::from(*one->ifa_addr)) addresses.push_back(address->text());
  }
  return addresses;
}

std::string own_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size()) == 0 ? folded(name.data()) : std::string();
}

}  // namespace shorthop
