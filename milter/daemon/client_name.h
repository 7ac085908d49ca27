// Who the SMTP client is, as libmilter and the MTA's macros say it.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace shorthop {

struct Client {
  std::string name;     ///< host name; empty if it has none
  std::string address;  ///< as inet_ntop(3) writes it; empty if it has none
};

/// Of xxfi_connect's arguments, each of which may be null.
Client client_from(const char* name, const sockaddr* address);

/// An address of macro {client_addr} as inet_ntop(3) writes it: without Sendmail's "IPv6:", and an IPv4 address mapped
/// into IPv6 as IPv4. What is no address stays as it is.
std::string plain_address(std::string_view address);

}  // namespace shorthop
