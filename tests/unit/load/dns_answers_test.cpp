// What the DNS and the interfaces say about this host: which next hops of a primary lead here.
#include "load/dns_answers.h"

#include "support/catch.h"
#include "support/load_sources.h"
#include "support/world.h"
#include "tables/types/backends.h"

using namespace shorthop;
using namespace shorthop::test;

TEST_CASE("transport(5): a next hop leads here if it is a full name or a public address of this host", "[load][dns]") {
  const FixedSources sources;
  const DnsAnswers answers(sources.sources.addresses, sources.sources.exchangers);
  const OwnNames own{{"mail.example.com", "mail"}, {"192.0.2.1", "10.0.0.9", "127.0.0.1", "::1", "2001:db8::1"}};
  const auto host = answers.with_answers(std::make_shared<FixedHost>(std::set<std::string, std::less<>>{}), own);
  CHECK(host->is_this_host("mail.example.com"));
  CHECK(host->is_this_host("MAIL.example.com"));
  CHECK(host->is_this_host("192.0.2.1"));
  CHECK(host->is_this_host("2001:db8::1"));
  CHECK(host->is_this_host("[IPv6:2001:DB8:0:0::1]"));
  CHECK(host->is_this_host("2001:0db8::0001"));
  CHECK(host->is_this_host("::ffff:192.0.2.1"));
  // On the network of the primary these may be other hosts.
  for (const char* elsewhere : {"mail", "10.0.0.9", "127.0.0.1", "::1", "192.0.2.2", "mail.example.org", ""}) {
    CAPTURE(elsewhere);
    CHECK_FALSE(host->is_this_host(elsewhere));
  }
}

TEST_CASE("if only a table lists the domains of this host, the domains that aliases name are looked up in the DNS",
          "[load][dns]") {
  const SettingsDirectory directory;
  directory.put("shorthop.conf", "postfix-config = " + directory.path() + "\nsettle-time = 0s\n");
  directory.put("main.cf", "");
  directory.put("master.cf", "smtp inet n - y - - smtpd\n");
  directory.put("relay.d/one.conf", "domains = one.example\nprimary = 192.0.2.1\nalias-maps = text:../one\n");
  directory.put("one", "user: user@table.example.com\n");
  const FixedSources sources(
      TextPostconf("mydestination = inline:{ table.example.com=x, other.example.com=x }\nmyorigin = example.com\n"
                   "local_recipient_maps = inline:{ user=x }\n"));
  DataLoader loader(std::make_shared<SystemFiles>(), sources.sources, std::make_shared<Backends>());
  Diagnostics warnings;
  const auto settings = read_settings(directory / "shorthop.conf", SystemFiles(), warnings);
  REQUIRE(settings);
  REQUIRE(loader.load(*settings));
  CHECK(sources.exchangers.asked == std::vector<std::string>{"table.example.com", "one.example"});
}

TEST_CASE("a best MX of a relay domain that is neither the primary nor a next hop is another host", "[load][dns]") {
  const FixedSources sources;
  DnsAnswers answers(sources.sources.addresses, sources.sources.exchangers);
  Diagnostics warnings;
  const std::vector<std::string> domains = {"a.example", "elsewhere.example", "null.example", "silent.example"};
  answers.ask_exchangers({}, {domains.begin(), domains.end()}, OwnNames{{own_name()}, {}}, "shorthop.conf", warnings);
  const auto others = [&](const std::vector<std::string>& addresses, const std::vector<std::string>& next_hops = {}) {
    Relay relay;
    relay.client_names = {"mail.example.org"};
    relay.client_addresses = addresses;
    relay.next_hops = next_hops;
    return answers.other_exchangers(relay, domains);
  };
  // Every name has the address 192.0.2.10 here; "elsewhere." has the MX mx.example.net.
  CHECK(others({"192.0.2.1"}) == TextByName{{"elsewhere.example", "mx.example.net"}});
  CHECK(others({"2001:db8::1", "192.0.2.10"}).empty());
  CHECK(others({"192.0.2.1"}, {"mx.example.net"}).empty());
  CHECK(others({"192.0.2.1"}, {"192.0.2.10"}).empty());
  CHECK(others({}).empty());
  CHECK(warnings.empty());
}
