// The addresses of this host's network interfaces, and its name.
#pragma once

#include <string>
#include <vector>

namespace shorthop {

/// In the form of inet_ntop(3), without loopback addresses; empty if they are not available. getifaddrs(3).
std::vector<std::string> own_addresses();

/// The result of gethostname(2), folded; empty on failure.
std::string own_name();

}  // namespace shorthop
