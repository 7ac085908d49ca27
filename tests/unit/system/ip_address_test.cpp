#include "system/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "support/catch.h"

using shorthop::IpAddress;

namespace {

/// In the form of inet_ntop(3), or "none".
std::string written(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "none";
}

}  // namespace

TEST_CASE("inet_pton(3): dotted quads and IPv6 addresses are accepted, and written in one form", "[system][ip]") {
  CHECK(written("192.0.2.1") == "192.0.2.1");
  CHECK(written("2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
  CHECK(written("::") == "::");
  CHECK(written("::ffff:192.0.2.1") == "::ffff:192.0.2.1");
}

TEST_CASE("a text with a port, brackets, a tag or a scope is not an address", "[system][ip]") {
  for (const std::string_view text :
       {"", "192.0.2", "192.0.2.256", "192.0.2.1:25", "192.0.2.1 ", "[192.0.2.1]", "[::1]", "IPv6:::1", "fe80::1%eth0",
        "mail.example.org", "0x7f.0.0.1", "192.0.2.01"})
    CHECK(written(text) == "none");
  CHECK(written(std::string_view("192.0.2.1\0x", 11)) == "none");
}

TEST_CASE("two spellings of one address are equal", "[system][ip]") {
  CHECK(IpAddress::parse("2001:db8::1") == IpAddress::parse("2001:0db8:0::0:1"));
  CHECK(IpAddress::parse("192.0.2.1") != IpAddress::parse("192.0.2.2"));
  CHECK(IpAddress::parse("0.0.0.0") != IpAddress::parse("::"));
  CHECK(IpAddress::parse("192.0.2.9") < IpAddress::parse("192.0.2.10"));
}

TEST_CASE("RFC 4291, 2.5.5.2: an IPv4-mapped IPv6 address", "[system][ip]") {
  CHECK(IpAddress::parse("::ffff:192.0.2.1")->unmapped().text() == "192.0.2.1");
  CHECK(IpAddress::parse("::FFFF:C000:201")->unmapped() == IpAddress::parse("192.0.2.1"));
  CHECK(IpAddress::parse("::192.0.2.1")->unmapped().is_v6());
  CHECK(IpAddress::parse("192.0.2.1")->unmapped().text() == "192.0.2.1");
}

TEST_CASE("an IPv4 address has 4 bytes and an IPv6 address 16, in network order", "[system][ip]") {
  const auto v4 = *IpAddress::parse("192.0.2.1");
  CHECK_FALSE(v4.is_v6());
  CHECK(std::vector<unsigned>(v4.bytes().begin(), v4.bytes().end()) == std::vector<unsigned>{192, 0, 2, 1});
  const auto v6 = *IpAddress::parse("2001:db8::1");
  CHECK(v6.is_v6());
  CHECK(v6.bytes().size() == 16);
  CHECK(v6.bytes()[1] == 0x01);
}

TEST_CASE("an address is taken from a sockaddr of IPv4 or IPv6, and from no other", "[system][ip]") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.10", &v4.sin_addr);
  CHECK(IpAddress::from(reinterpret_cast<const sockaddr&>(v4)) == IpAddress::parse("192.0.2.10"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  CHECK(IpAddress::from(reinterpret_cast<const sockaddr&>(v6)) == IpAddress::parse("2001:db8::1"));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK_FALSE(IpAddress::from(reinterpret_cast<const sockaddr&>(local)));
}

TEST_CASE("RFC 1918, RFC 6598, RFC 4193: an address that may belong to another host elsewhere is private",
          "[system][ip]") {
  const auto is_private = [](std::string_view text) { return IpAddress::parse(text).value().is_private(); };
  for (const std::string_view text :
       {"0.0.0.0", "10.0.0.9", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.1.1", "172.16.0.1",
        "172.31.255.255", "192.168.1.1", "::", "::1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "::ffff:10.0.0.9"}) {
    CAPTURE(text);
    CHECK(is_private(text));
  }
  for (const std::string_view text :
       {"1.10.0.1", "11.0.0.1", "100.63.255.255", "100.128.0.1", "128.0.0.1", "172.15.0.1", "172.32.0.1", "192.0.2.1",
        "192.169.0.1", "2001:db8::1", "fec0::1", "::2", "::ffff:192.0.2.1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_private(text));
  }
}

TEST_CASE("is_loopback(): 127.0.0.0/8, ::1 and localhost, and no similar text", "[system][ip]") {
  for (const char* host : {"127.0.0.1", "127.0.0.2", "::1", "localhost"}) CHECK(is_loopback(host));
  for (const char* host : {"", "192.0.2.127", "12.7.0.0", "localhost.example.org", "::10", "127.example.org", "127.",
                           "127.0.0.1.example.org", "127.0.0.256", "127.1", "127.0.0.1 "}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback(host));
  }
}
