#include "system/endpoint.h"

#include <vector>

#include "support/catch.h"

using shorthop::Endpoint;
using shorthop::reach_same_socket;

namespace {

Endpoint endpoint(std::string_view text) {
  const auto parsed = Endpoint::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

Endpoint postfix(std::string_view text) {
  const auto parsed = Endpoint::parse_postfix(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("smfi_setconn(3): unix:, local: and a bare path name a UNIX socket", "[system][endpoint]") {
  for (const std::string_view text : {"unix:/run/a.sock", "local:/run/a.sock", "/run/a.sock"}) {
    CHECK(endpoint(text).is_unix());
    CHECK(endpoint(text).path == "/run/a.sock");
    CHECK(endpoint(text).text() == "unix:/run/a.sock");
  }
  CHECK(endpoint("unix:below").path == "below");
}

TEST_CASE("smfi_setconn(3): inet:port@host and inet6:port@host name a TCP socket", "[system][endpoint]") {
  const Endpoint v4 = endpoint("inet:10027@127.0.0.1");
  CHECK_FALSE(v4.is_unix());
  CHECK(v4.type == Endpoint::Type::inet);
  CHECK(v4.host == "127.0.0.1");
  CHECK(v4.port == 10027);
  CHECK(v4.text() == "inet:10027@127.0.0.1");
  CHECK(endpoint("inet6:10027@::1").type == Endpoint::Type::inet6);
  CHECK(endpoint("inet6:10027@::1") == endpoint("inet6:10027@[::1]"));
  CHECK(endpoint("inet6:10027@::1").text() == "inet6:10027@[::1]");
  CHECK(endpoint("inet:65535@mail.example.org").host == "mail.example.org");
}

TEST_CASE("the error for an invalid endpoint says what is missing", "[system][endpoint]") {
  struct Row {
    std::string_view text;
    Endpoint::Error error;
  };
  using enum Endpoint::Error;
  for (const Row& row : std::vector<Row>{{"", unknown_type},
                                         {"run/a.sock", unknown_type},
                                         {"tcp:1@h", unknown_type},
                                         {"unix:", no_path},
                                         {"inet:smtp@h", bad_port},
                                         {"inet:@h", bad_port},
                                         {"inet:0@h", bad_port},
                                         {"inet:65536@h", bad_port},
                                         {"inet:-1@h", bad_port},
                                         {"inet:1 @h", bad_port},
                                         {"inet:10027", no_host},
                                         {"inet6:10027@", no_host},
                                         {"inet6:10027@[]", no_host}}) {
    CAPTURE(row.text);
    const auto parsed = Endpoint::parse(row.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == row.error);
  }
}

TEST_CASE("postconf(5) smtpd_milters: inet:host:port, and unix:path, relative or absolute", "[system][endpoint]") {
  CHECK(postfix("unix:shorthop/milter.sock").path == "shorthop/milter.sock");
  CHECK(postfix("unix:shorthop/milter.sock").postfix_text() == "unix:shorthop/milter.sock");
  CHECK(postfix("inet:localhost:10027").host == "localhost");
  CHECK(postfix("inet:localhost:10027").port == 10027);
  CHECK(postfix("inet:[::1]:10027").host == "::1");
  CHECK(postfix("inet:[::1]:10027").postfix_text() == "inet:[::1]:10027");
  CHECK(postfix("inet:10027").postfix_text() == "inet:localhost:10027");
  for (const std::string_view text : {"", "$milters", "unix:", "inet:", "inet:host", "inet:host:smtp", "inet::10027"})
    CHECK_FALSE(Endpoint::parse_postfix(text));
}

TEST_CASE("postfix_text() writes an endpoint as Postfix reads it", "[system][endpoint]") {
  CHECK(endpoint("inet:10027@127.0.0.1").postfix_text() == "inet:127.0.0.1:10027");
  CHECK(endpoint("inet6:10027@::1").postfix_text() == "inet:[::1]:10027");
  CHECK(endpoint("unix:/run/s").postfix_text() == "unix:/run/s");
}

TEST_CASE("a client reaches a socket that listens on all addresses by the loopback address", "[system][endpoint]") {
  CHECK(endpoint("inet:10027@0.0.0.0").listens_everywhere());
  CHECK(endpoint("inet:10027@0.0.0.0").seen_by_clients().text() == "inet:10027@127.0.0.1");
  CHECK(endpoint("inet6:10027@::").listens_everywhere());
  CHECK(endpoint("inet6:10027@::").seen_by_clients().text() == "inet6:10027@[::1]");
  CHECK_FALSE(endpoint("inet:10027@127.0.0.1").listens_everywhere());
  CHECK(endpoint("unix:/run/s").seen_by_clients() == endpoint("unix:/run/s"));
}

TEST_CASE("two different endpoints may reach the same socket", "[system][endpoint]") {
  CHECK(reach_same_socket(endpoint("inet:10027@127.0.0.1"), postfix("inet:localhost:10027")));
  CHECK(reach_same_socket(endpoint("inet6:10027@::1"), postfix("inet:127.0.0.1:10027")));
  CHECK(reach_same_socket(postfix("inet:Mail.example.org:1"), postfix("inet:mail.example.org:1")));
  CHECK(reach_same_socket(endpoint("unix:/run//a/../s"), endpoint("unix:/run/s")));
  CHECK_FALSE(reach_same_socket(endpoint("inet:10028@127.0.0.1"), postfix("inet:localhost:10027")));
  CHECK_FALSE(reach_same_socket(endpoint("inet:10027@192.0.2.1"), postfix("inet:localhost:10027")));
  CHECK_FALSE(reach_same_socket(endpoint("unix:10027"), endpoint("inet:10027@127.0.0.1")));
  CHECK_FALSE(reach_same_socket(endpoint("unix:/run/s"), endpoint("unix:/run/t")));
}

TEST_CASE("mysql_table(5) hosts: a host with or without a port; IPv6 addresses", "[system][endpoint]") {
  const auto parsed = [](std::string_view text) {
    const auto found = shorthop::HostAndPort::parse(text);
    return found ? found->host + " " + std::to_string(found->port) : "none";
  };
  CHECK(parsed("db.example.org") == "db.example.org 0");
  CHECK(parsed("db:3306") == "db 3306");
  CHECK(parsed("192.0.2.1:65535") == "192.0.2.1 65535");
  CHECK(parsed("[2001:db8::1]:5432") == "2001:db8::1 5432");
  CHECK(parsed("[2001:db8::1]") == "2001:db8::1 0");
  CHECK(parsed("2001:db8::1") == "2001:db8::1 0");
  for (const char* text : {"", ":3306", "db:", "db:mysql", "db:0", "db:65536", "db: 1"}) CHECK(parsed(text) == "none");
}
