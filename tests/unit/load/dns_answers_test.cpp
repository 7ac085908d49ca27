// What the DNS and the interfaces say about this host: which next hops of a primary lead here.
#include "load/dns_answers.h"

#include "support/catch.h"
#include "support/load_sources.h"
#include "support/world.h"

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
  // On the network of the primary these may be other hosts.
  for (const char* elsewhere : {"mail", "10.0.0.9", "127.0.0.1", "::1", "192.0.2.2", "mail.example.org", ""}) {
    CAPTURE(elsewhere);
    CHECK_FALSE(host->is_this_host(elsewhere));
  }
}
