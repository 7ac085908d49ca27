// The SMTP client's name and address from libmilter and the MTA's macros.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace shorthop {

struct Client {
  std::string name;     ///< host name; empty if unknown
  std::string address;  ///< in the form of inet_ntop(3); empty if it has none
};

/// The client in the arguments of xxfi_connect, either of which may be null.
Client client_from(const char* name, const sockaddr* address);

/// Converts an address in macro {client_addr} to the form of inet_ntop(3): without Sendmail's "IPv6:", and an
/// IPv4-mapped IPv6 address as IPv4. A text that is not an address is returned unchanged.
std::string plain_address(std::string_view address);

}  // namespace shorthop
