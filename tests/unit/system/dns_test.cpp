// Look-ups at a name server that the test runs: found, absent or failed.
#include "system/dns.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>

#include "support/catch.h"
#include "support/name_server.h"

using namespace shorthop;
using namespace shorthop::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr int no_error = 0, server_failure = 2, no_such_name = 3, refused = 5;  // RFC 1035, 4.1.1

MxAnswer mx_of(const std::string& domain, NameServer::Answerer answerer, std::chrono::milliseconds time = 5s) {
  const NameServer server(std::move(answerer));
  return SystemMxLookup({time, server.address()}).look_up({domain}).at(0);
}

AddressAnswer addresses_of(const std::string& name, NameServer::Answerer answerer,
                           std::chrono::milliseconds time = 5s) {
  const NameServer server(std::move(answerer));
  return SystemHostAddresses({time, server.address()}).look_up({name}).at(0);
}

/// Answers every question with these records.
NameServer::Answerer always(int rcode, std::uint16_t count = 0, std::string records = {}) {
  return [=](const DnsQuestion& question) { return dns_reply(question, rcode, count, records); };
}

constexpr std::string_view v4 = "\xc0\x00\x02\x0a"sv;  // 192.0.2.10
constexpr std::string_view v6 = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"sv;

}  // namespace

TEST_CASE("RFC 1035, 3.3.9: MX records are sorted, folded, and without the final dot", "[system][dns]") {
  const auto found = mx_of("example.org", always(no_error, 2,
                                                 dns_record(type_mx, mx_data(20, "BACK.example.org")) +
                                                     dns_record(type_mx, mx_data(10, "mail.example.org"))));
  REQUIRE(found);
  CHECK(*found == std::vector<MxRecord>{{10, "mail.example.org"}, {20, "back.example.org"}});
}

TEST_CASE("RFC 7505: the null MX has an empty host", "[system][dns]") {
  CHECK(mx_of("example.org", always(no_error, 1, dns_record(type_mx, mx_data(0, "")))) ==
        std::vector<MxRecord>{{0, ""}});
}

TEST_CASE("records of another type, such as a CNAME on the way, are left out", "[system][dns]") {
  CHECK(mx_of("example.org", always(no_error, 2,
                                    dns_record(type_cname, dns_name("example.net")) +
                                        dns_record(type_mx, mx_data(10, "mail.example.net")))) ==
        std::vector<MxRecord>{{10, "mail.example.net"}});
}

TEST_CASE("no MX record and no such name are empty answers; a server that fails is a failure", "[system][dns]") {
  CHECK(mx_of("example.org", always(no_error)) == std::vector<MxRecord>{});
  CHECK(mx_of("example.org", always(no_such_name)) == std::vector<MxRecord>{});
  for (const int rcode : {server_failure, refused}) {
    const auto failed = mx_of("example.org", always(rcode));
    REQUIRE_FALSE(failed);
    CHECK(failed.error() == "the DNS does not answer");
  }
}

TEST_CASE("after a truncated answer the question is repeated over TCP", "[system][dns]") {
  const auto found = mx_of("example.org", [](const DnsQuestion& question) {
    if (question.is_tcp) return dns_reply(question, no_error, 1, dns_record(type_mx, mx_data(10, "mail.example.org")));
    std::string cut = dns_reply(question, no_error);
    cut[2] = static_cast<char>(cut[2] | 0x02);  // RFC 1035, 4.1.1: TC
    return cut;
  });
  CHECK(found == std::vector<MxRecord>{{10, "mail.example.org"}});
}

TEST_CASE("an unreadable answer is a failure", "[system][dns]") {
  const std::string good = dns_record(type_mx, mx_data(10, "mail.example.org"));
  CHECK(mx_of("example.org", always(no_error, 1, good)));
  CHECK_FALSE(mx_of("example.org", always(no_error, 2, good), 300ms));  // a record is missing
  CHECK_FALSE(mx_of("example.org", always(no_error, 1, good.substr(0, good.size() - 1)), 300ms));
  CHECK_FALSE(mx_of("example.org", always(no_error, 1, dns_record(type_mx, "\0\x0a\xc0\x2b"sv)), 300ms));  // a loop
  CHECK_FALSE(mx_of("example.org", always(no_error, 1, dns_record(type_mx, "\0"sv)), 300ms));
}

TEST_CASE("an answer to another question is ignored", "[system][dns]") {
  const auto answer = mx_of(
      "example.org",
      [](const DnsQuestion& question) {
        std::string other = dns_reply(question, no_error, 1, dns_record(type_mx, mx_data(1, "mail.example.net")));
        other[0] = static_cast<char>(other[0] + 1);
        return other;
      },
      300ms);
  CHECK_FALSE(answer);
}

TEST_CASE("a question without an answer fails at the time limit, and delays no other", "[system][dns]") {
  const NameServer server([](const DnsQuestion& question) {
    return question.name == "silent.example" ? "" : dns_reply(question, no_such_name);
  });
  const auto start = std::chrono::steady_clock::now();
  const auto answers = SystemMxLookup({300ms, server.address()}).look_up({"a.example", "silent.example", "b.example"});
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= 300ms);
  CHECK(took < 2s);
  REQUIRE(answers.size() == 3);
  CHECK(answers[0] == std::vector<MxRecord>{});
  REQUIRE_FALSE(answers[1]);
  CHECK(answers[1].error() == "the DNS did not answer in time");
  CHECK(answers[2] == std::vector<MxRecord>{});
}

TEST_CASE("hundreds of names are answered, each with its own answer", "[system][dns]") {
  const NameServer server([](const DnsQuestion& question) {
    return dns_reply(question, no_error, 1, dns_record(type_mx, mx_data(10, "mx." + question.name)));
  });
  std::vector<std::string> domains;
  for (int i = 0; i < 300; ++i) domains.push_back("d" + std::to_string(i) + ".example");
  const auto answers = SystemMxLookup({10s, server.address()}).look_up(domains);
  REQUIRE(answers.size() == domains.size());
  for (std::size_t i = 0; i < domains.size(); ++i) CHECK(answers[i] == std::vector<MxRecord>{{10, "mx." + domains[i]}});
  CHECK(SystemMxLookup({10s, server.address()}).look_up({}).empty());
}

TEST_CASE("a host has its IPv4 and IPv6 addresses, each once", "[system][dns]") {
  auto found = addresses_of("mail.example.org", [](const DnsQuestion& question) {
    if (question.type == type_a)
      return dns_reply(question, no_error, 2, dns_record(type_a, v4) + dns_record(type_a, v4));
    return dns_reply(question, no_error, 1, dns_record(type_aaaa, v6));
  });
  REQUIRE(found);
  std::ranges::sort(*found);
  CHECK(*found == std::vector<std::string>{"192.0.2.10", "2001:db8::1"});
}

TEST_CASE("a host may have addresses of one family only", "[system][dns]") {
  CHECK(addresses_of("mail.example.org", [](const DnsQuestion& question) {
          return question.type == type_a ? dns_reply(question, no_error, 1, dns_record(type_a, v4))
                                         : dns_reply(question, no_error);
        }) == std::vector<std::string>{"192.0.2.10"});
}

TEST_CASE("an answer for one family only is a failure: the host may have other addresses", "[system][dns]") {
  const auto with_aaaa = [](const DnsQuestion& question, const std::string& reply) {
    return question.type == type_a ? dns_reply(question, no_error, 1, dns_record(type_a, v4)) : reply;
  };
  CHECK_FALSE(addresses_of("mail.example.org", [&](const DnsQuestion& question) {
    return with_aaaa(question, dns_reply(question, server_failure));
  }));
  CHECK_FALSE(addresses_of(
      "mail.example.org", [&](const DnsQuestion& question) { return with_aaaa(question, std::string()); }, 300ms));
  CHECK_FALSE(addresses_of("mail.example.org", [](const DnsQuestion& question) {
    return question.type == type_a ? dns_reply(question, server_failure) : dns_reply(question, no_error);
  }));
}

TEST_CASE("an unknown host or one without addresses is an empty answer; a server that fails is a failure",
          "[system][dns]") {
  CHECK(addresses_of("mail.example.org", always(no_error)) == std::vector<std::string>{});
  CHECK(addresses_of("mail.example.org", always(no_such_name)) == std::vector<std::string>{});
  CHECK_FALSE(addresses_of("mail.example.org", always(server_failure)));
  CHECK_FALSE(addresses_of("mail.example.org", [](const DnsQuestion&) { return std::string(); }, 300ms));
}

TEST_CASE("an address is returned in the form of inet_ntop(3), and no name server is asked", "[system][dns]") {
  std::atomic<int> asked = 0;
  const NameServer server([&](const DnsQuestion& question) {
    ++asked;
    return dns_reply(question, no_such_name);
  });
  const auto answers = SystemHostAddresses({2s, server.address()}).look_up({"192.0.2.7", "2001:DB8::0:1"});
  REQUIRE(answers.size() == 2);
  CHECK(answers[0] == std::vector<std::string>{"192.0.2.7"});
  CHECK(answers[1] == std::vector<std::string>{"2001:db8::1"});
  CHECK(asked == 0);
}

TEST_CASE("hosts(5): every line that names the host is used, as in getaddrinfo(3)", "[system][dns]") {
  constexpr const char* text =
      "127.0.0.1 localhost\n192.0.2.10\tmail.example.org mail # mx.example.org\n# 192.0.2.66 mail.example.org\n"
      " 192.0.2.11 other MAIL.example.org\n2001:db8::1 mail.example.org\n2001:db8::2 mail.example.org\n"
      "192.0.2.11 mail.example.org\nnonsense mail.example.org\n192.0.2.12 mail.example.org.net";
  using Texts = std::vector<std::string>;
  CHECK(addresses_in_hosts_file(text, "mail.example.org") ==
        Texts{"192.0.2.10", "192.0.2.11", "2001:db8::1", "2001:db8::2"});
  CHECK(addresses_in_hosts_file(text, "mx.example.org").empty());
  CHECK(addresses_in_hosts_file(text, "mail.example.org.net") == Texts{"192.0.2.12"});
}

TEST_CASE("/etc/hosts is read: localhost is known without a name server", "[system][dns]") {
  std::ifstream hosts("/etc/hosts");
  const std::string text{std::istreambuf_iterator<char>(hosts), {}};
  if (!text.contains("localhost")) {
    WARN("skipped: /etc/hosts does not have localhost, as in some chroots");
    return;
  }
  const auto found = addresses_of("localhost", [](const DnsQuestion&) { return std::string(); });
  REQUIRE(found);
  CHECK(std::ranges::find(*found, "127.0.0.1") != found->end());
}
