#include "daemon/client_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("an address is compared in the form of inet_ntop(3), whatever form it was given in", "[daemon][client]") {
  CHECK(plain_address("192.0.2.10") == "192.0.2.10");
  CHECK(plain_address("2001:DB8:0:0::1") == "2001:db8::1");
  CHECK(plain_address("IPv6:2001:db8::1") == "2001:db8::1");  // Sendmail's {client_addr}
  CHECK(plain_address("::ffff:192.0.2.10") == "192.0.2.10");  // an IPv4 client at an IPv6 socket
  CHECK(plain_address("IPv6:::FFFF:192.0.2.10") == "192.0.2.10");
  CHECK(plain_address("") == "");
  CHECK(plain_address("no:address") == "no:address");
}

TEST_CASE("xxfi_connect: name and address may each be missing", "[daemon][client]") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.10", &v4.sin_addr);
  const auto known = client_from("mail.example.org", reinterpret_cast<const sockaddr*>(&v4));
  CHECK(known.name == "mail.example.org");
  CHECK(known.address == "192.0.2.10");
  CHECK(client_from("[192.0.2.10]", reinterpret_cast<const sockaddr*>(&v4)).name.empty());
  CHECK(client_from(nullptr, nullptr).name.empty());
  CHECK(client_from("localhost", nullptr).address.empty());
}

TEST_CASE("xxfi_connect: the address of an IPv6 client is read", "[daemon][client]") {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  CHECK(client_from("mail.example.org", reinterpret_cast<const sockaddr*>(&v6)).address == "2001:db8::1");
}
