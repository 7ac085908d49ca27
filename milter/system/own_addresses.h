// The addresses of this host's network interfaces.
#pragma once

#include <string>
#include <vector>

namespace shorthop {

/// As inet_ntop(3) writes them, without those of loopback; empty if they cannot be asked. getifaddrs(3).
std::vector<std::string> own_addresses();

/// What gethostname(2) says, folded; empty if it says nothing.
std::string own_name();

}  // namespace shorthop
