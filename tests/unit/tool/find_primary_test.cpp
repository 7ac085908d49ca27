// The primary of a relay domain, from transport(5), postconf(5) and the DNS.
#include "tool/setup/find_primary.h"
#include "support/catch.h"

using namespace shorthop;
using namespace shorthop::tool;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr auto unanswered = "the DNS does not answer";

/// example.org: its primary has preference 10, this host 20.
RouteFacts facts() {
  RouteFacts facts;
  facts.domain = "example.org";
  facts.transport_table = "hash:/etc/postfix/transport";
  facts.relay_transport = "relay";
  facts.exchangers = std::vector<MxRecord>{{10, "mail.example.org"}, {20, "mail.example.com"}};
  facts.own = {{"mail.example.com"}, {"192.0.2.20"}};
  facts.addresses_of = [](const std::string& host) {
    return host == "alias.example.com" ? std::vector<std::string>{"192.0.2.20"} : std::vector<std::string>();
  };
  facts.exchangers_of = [](const std::string& name) -> MxAnswer {
    if (name == "example.org") {
      return std::vector<MxRecord>{{10, "mail.example.org"}, {20, "mail.example.com"}};
    }
    return std::vector<MxRecord>();
  };
  return facts;
}

std::string found(const RouteFacts& facts) {
  const auto primary = find_primary(facts);
  if (!primary) return "? " + primary.error();
  std::string text = primary->host;
  for (const std::string& hop : primary->next_hops) text += " by " + hop;
  if (!primary->other_port.empty()) text += " not port 25: " + primary->other_port;
  return text;
}

}  // namespace

TEST_CASE("the DNS: the best MX host with a better preference than this one", "[tool][setup]") {
  RouteFacts dns = facts();
  CHECK(found(dns) == "mail.example.org");
  dns.exchangers = std::vector<MxRecord>{{5, "alias.example.com"}, {10, "mail.example.org"}};
  CHECK_THAT(found(dns), ContainsSubstring("no MX host of example.org is better than this one"));
  dns.exchangers = std::vector<MxRecord>{{10, "a.example.org"}, {30, "b.example.org"}};
  CHECK(found(dns) == "a.example.org");
  dns.exchangers = std::vector<MxRecord>();
  CHECK_THAT(found(dns), ContainsSubstring("example.org has no MX record"));
  dns.exchangers = std::unexpected(unanswered);
  CHECK_THAT(found(dns), ContainsSubstring(unanswered));
}

TEST_CASE("transport(5) overrides everything else: a host in brackets, with a port, by its address", "[tool][setup]") {
  for (const auto& [entry, primary] : std::vector<std::pair<std::string, std::string>>{
           {"relay:[inner.example.org]", "inner.example.org"},
           {"smtp:[inner.example.org]:2525", "inner.example.org not port 25: [inner.example.org]:2525"},
           {"smtp:example.org:2525", "mail.example.org not port 25: example.org:2525"},
           {"relay:[one.example]:25, [two.example]:2525", "one.example by two.example"},
           {":[192.0.2.10]", "192.0.2.10"},
           {"smtp:[ipv6:2001:db8::1]:25", "2001:db8::1"},
           {"relay:[one.example], [two.example]", "one.example by two.example"},
           {"relay:mail.example.org", "mail.example.org"},
           {"relay:example.org", "mail.example.org"},
           {"relay:", "mail.example.org"},
           {":", "mail.example.org"},
       }) {
    RouteFacts by_table = facts();
    by_table.transport = entry;
    CAPTURE(entry);
    CHECK(found(by_table) == primary);
  }
}

TEST_CASE("a transport that leads to no other host gives no primary", "[tool][setup]") {
  for (const std::string_view entry : {"local:", "error:mailbox has moved", "lmtp:unix:/run/lmtp", "discard:"}) {
    RouteFacts nowhere = facts();
    nowhere.transport = entry;
    CHECK_THAT(found(nowhere), ContainsSubstring("not to another host"));
  }
}

TEST_CASE("after a failed look-up of transport_maps no primary is guessed", "[tool][setup]") {
  RouteFacts failed = facts();
  failed.transport_failure = "ldap: no server";
  CHECK(found(failed) == "? transport_maps: ldap: no server");
}

TEST_CASE("relay_transport names the primary; a relayhost is the primary, or a host on the way to it",
          "[tool][setup]") {
  RouteFacts by_transport = facts();
  by_transport.relay_transport = "relay:[inner.example.org]";
  CHECK(found(by_transport) == "inner.example.org");
  RouteFacts by_host = facts();
  by_host.relayhost = "[mail.example.org]:25";
  CHECK(found(by_host) == "mail.example.org");
  by_host.relayhost = "[mail.example.org]:2525";
  CHECK(found(by_host) == "mail.example.org not port 25: [mail.example.org]:2525");
  by_host.relayhost = "[smarthost.example.net]";
  CHECK(found(by_host) == "mail.example.org by smarthost.example.net");
  by_host.exchangers = std::unexpected(unanswered);
  CHECK(found(by_host) == "smarthost.example.net");
}

TEST_CASE(
    "transport(5), TABLE SEARCH ORDER: the domain is searched first, then its parents with a dot, then the wildcard",
    "[tool][setup]") {
  CHECK(transport_keys("a.example.org") == std::vector<std::string>{"a.example.org", ".example.org", ".org", "*"});
}
