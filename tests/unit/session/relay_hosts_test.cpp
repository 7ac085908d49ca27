// The route of one recipient: whether it leads to the primary of its relay.
#include "session/relay_hosts.h"

#include "session/decision.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

const auto decided_at = std::chrono::system_clock::time_point(1'000'000s);

Reason reason_on_route(std::string_view address, const Snapshot& snapshot, RecipientFacts facts = {}) {
  return decide(*Address::parse(address), facts, snapshot, decided_at).reason;
}

Primary primary_of_user() { return primary_of({}, {{"user", "user@example.com"}}); }

}  // namespace

TEST_CASE("FACTS, macros: a route to a host other than the primary keeps the recipient", "[session]") {
  auto snapshot = snapshot_of(primary_of_user());
  const auto reason_by = [&](std::string_view hop) {
    return reason_on_route("user@example.org", *snapshot, {.mailer = "smtp", .next_hop = hop});
  };
  for (const auto* hop : {"", "example.org", "Example.org.", "[mail.example.org]", "mail.example.org:25",
                          "[mail.example.org]:smtp", "[192.0.2.1]"}) {
    INFO(hop);
    CHECK(reason_by(hop) == Reason::all_local);
  }
  for (const auto* hop : {"[mail.example.net]", "example.net", "[192.0.2.2]", "[127.0.0.1]:10025",
                          "[mail.example.org]:2525", "[192.0.2.1]:587"}) {
    INFO(hop);
    CHECK(reason_by(hop) == Reason::mta_not_relaying);
  }
  for (const auto* hops : {"[192.0.2.1], [mail.example.org]:25", "mail.example.org,192.0.2.1"}) {
    INFO(hops);
    CHECK(reason_by(hops) == Reason::all_local);
  }
  for (const auto* hops : {"[192.0.2.1], [192.0.2.77]", "[192.0.2.1],[192.0.2.77]:25", "[192.0.2.1] [192.0.2.77]",
                           "mail.example.org, mail.example.net"}) {
    INFO(hops);  // transport(5): the MTA tries them in order, so each must be the primary
    CHECK(reason_by(hops) == Reason::mta_not_relaying);
  }
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->next_hops = {"smarthost.example.net"};
  snapshot->relay_by_domain["example.org"] = relay;
  CHECK(reason_by("[Smarthost.example.net]") == Reason::all_local);
  relay->next_hops = {"xn--bcher-kva.example"};
  CHECK(reason_by("[BÜCHER.example]") == Reason::all_local);
  CHECK(reason_by("[xn--bcher-kva.example]") == Reason::all_local);
  relay->client_names.clear();
  CHECK(reason_by("[mail.example.net]") == Reason::all_local);
  CHECK(reason_by("[192.0.2.2]") == Reason::mta_not_relaying);
}

TEST_CASE("a transport that runs another program than smtp(8) does not relay, whatever its name begins with",
          "[session]") {
  auto snapshot = snapshot_of(primary_of_user());
  snapshot->other_transports = {"smtp-archive", "local"};
  CHECK(reason_on_route("user@example.org", *snapshot, {.mailer = "smtp-archive"}) == Reason::mta_not_relaying);
  CHECK(reason_on_route("user@example.org", *snapshot, {.mailer = "smtp-slow"}) == Reason::all_local);
}

TEST_CASE("a relay domain whose best MX is another host than the primary leads there", "[session]") {
  auto snapshot = snapshot_of(primary_of_user());
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  host->routes["user@example.org"] = MailRoute{"", ""};
  snapshot->host = host;
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->other_exchangers = {{"example.org", "filter.example.net"}};
  snapshot->relay_by_domain["example.org"] = relay;
  CHECK(reason_on_route("user@example.org", *snapshot, {.mailer = "smtp", .next_hop = "Example.org"}) ==
        Reason::mta_not_relaying);
  CHECK(reason_on_route("user@example.org", *snapshot, {}) == Reason::mta_not_relaying);
  CHECK(reason_on_route("user@example.org", *snapshot, {.mailer = "smtp", .next_hop = "[mail.example.org]"}) ==
        Reason::all_local);
  relay->client_names.clear();  // primary = 192.0.2.1
  CHECK(reason_on_route("user@example.org", *snapshot, {.mailer = "smtp", .next_hop = "example.org"}) ==
        Reason::mta_not_relaying);
}

TEST_CASE("a recipient that Sendmail relays under another address is kept", "[session]") {
  const auto snapshot = snapshot_of(primary_of_user());
  const auto reason_as = [&](std::string_view relayed) {
    return reason_on_route("user@example.org", *snapshot, {.mailer = "esmtp", .relayed_as = relayed});
  };
  for (const auto* same : {"", "user@example.org", "<user@example.org>", "USER@Example.Org", "\"user\"@example.org"}) {
    INFO(same);
    CHECK(reason_as(same) == Reason::all_local);
  }
  for (const auto* other : {"user@mail.example.org", "ann@example.org", "user", "user@example.org@x"}) {
    INFO(other);
    CHECK(reason_as(other) == Reason::not_followed);
  }
}

TEST_CASE("where no MTA names the route, this host's own route decides", "[session]") {
  auto snapshot = snapshot_of(primary_of_user());
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  snapshot->host = host;
  const auto reason_by = [&](MailRoute route, RecipientFacts facts = {}) {
    host->routes["user@example.org"] = std::move(route);
    return reason_on_route("user@example.org", *snapshot, facts);
  };
  CHECK(reason_by({"smtp", "[mail.example.net]"}) == Reason::mta_not_relaying);
  CHECK(reason_by({"discard", ""}) == Reason::mta_not_relaying);
  CHECK(reason_by({"", "[mail.example.net]"}) == Reason::mta_not_relaying);
  Budget budget;
  const auto without_facts =
      decide_address(*Address::parse("user@example.org"), *snapshot, {decided_at, Trace::on, budget});
  CHECK(without_facts.reason == Reason::mta_not_relaying);  // what the tool shows and writes into static tables
  CHECK(reason_by({"", ""}) == Reason::all_local);
  CHECK(reason_by({"smtp", "[mail.example.org]"}) == Reason::all_local);
  CHECK(reason_by({"discard", ""}, {.mailer = "smtp", .next_hop = "example.org"}) == Reason::all_local);
}

}  // namespace shorthop::test
