// The cost of a message with many recipients: look-ups, memory, and the shared budget.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/session.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using Aliases = std::map<std::string, std::string, std::less<>>;

struct CountedWorld {
  explicit CountedWorld(Aliases aliases) {
    Primary primary = primary_of({}, {});
    table = std::make_shared<CountingTable>(std::move(aliases));
    primary.aliases = TableList({table});
    snapshot = snapshot_of(std::move(primary));
  }
  std::shared_ptr<CountingTable> table;
  std::shared_ptr<Snapshot> snapshot;
};

Session counting_session(const CountedWorld& world) {
  return Session(
      {}, [snapshot = world.snapshot] { return snapshot; },
      {&std::chrono::system_clock::now, &std::chrono::steady_clock::now}, Trace::off);
}

void give(Session& session, const std::string& argument, RecipientFacts facts = {.mailer = "relay"}) {
  session.rcpt({argument, {}, facts, "Postfix 3.7.11"});
}

}  // namespace

TEST_CASE("a recipient given a thousand times is looked up and decided once", "[session]") {
  const CountedWorld world(Aliases{{"user", "user@example.com"}});
  Session s = counting_session(world);
  s.mail({});
  give(s, "<user@example.org>");
  const int look_ups = world.table->lookups;
  CHECK(look_ups > 0);
  for (int i = 1; i < 1000; ++i) give(s, "<user@example.org>");
  CHECK(world.table->lookups == look_ups);
  const Outcome outcome = s.end_of_message();
  CHECK(outcome.edits == std::vector<Edit>{AddRecipient{"<user@example.com>", "ORCPT=rfc822;user@example.org"},
                                           DeleteRecipient{"<user@example.org>"}});
  REQUIRE(outcome.reports.size() == 1000);
  CHECK(outcome.reports.front().decision == outcome.reports.back().decision);
  s.mail({});  // the next message looks it up again
  give(s, "<user@example.org>");
  CHECK(world.table->lookups == 2 * look_ups);
}

TEST_CASE("recipients that differ in facts other than the address are decided separately", "[session]") {
  const CountedWorld world(Aliases{{"user", "user@example.com"}});
  Session s = counting_session(world);
  s.mail({});
  give(s, "<user@example.org>");
  give(s, "<user@example.org>", {.mailer = "local"});
  give(s, "<user@example.org>", {.mailer = "relay", .next_hop = "[mail.example.net]"});
  give(s, "<user@example.org>", {.mailer = "relay", .client_address = "192.0.2.1"});
  give(s, "<user@example.org>", {.mailer = "relay", .client_name = "mail.example.org"});
  const auto outcome = s.data();
  REQUIRE(outcome);
  std::string reasons;
  for (const auto& report : outcome->reports) reasons.append(name_of(report.decision->reason)).append(" ");
  // The first one is kept because others with the same text are kept.
  CHECK(reasons == "mta-not-relaying mta-not-relaying mta-not-relaying from-primary from-primary ");
}

TEST_CASE("a session stores the reason for a kept recipient, but not its leaves", "[session]") {
  const CountedWorld world(Aliases{{"list", "user@example.com, ann@example.com, bob"}, {"user", "user@example.com"}});
  Session s = counting_session(world);
  s.mail({});
  give(s, "<list@example.org>");
  give(s, "<user@example.org>");
  const Outcome outcome = s.end_of_message();
  CHECK(outcome.reports.at(0).decision->reason == Reason::primary_mailbox);
  for (const auto& report : outcome.reports) {
    CHECK(report.decision->resolution.step_count == 1);
    CHECK(report.decision->resolution.leaves.empty());
    CHECK(report.decision->resolution.mailboxes.empty());
  }
}

TEST_CASE("DESIGN 6: once the budget of a message is used up, its remaining recipients are kept", "[session]") {
  std::string members = "user@example.com";
  for (int i = 1; i < 999; ++i) members += ", user+" + std::to_string(i) + "@example.com";
  Aliases lists;
  for (int i = 0; i < 110; ++i) lists.emplace("list" + std::to_string(i), members);
  const CountedWorld world(std::move(lists));
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  for (int i = 1; i < 999; ++i) host->add_user("user+" + std::to_string(i));
  world.snapshot->host = host;
  Session s = counting_session(world);
  for (int message = 0; message < 2; ++message) {
    s.mail({});
    for (int i = 0; i < 110; ++i) give(s, "<list" + std::to_string(i) + "@example.org>");
    const Outcome outcome = s.end_of_message();
    CHECK(outcome.edits.size() == 999 + 100);
    for (std::size_t i = 0; i < outcome.reports.size(); ++i) {
      if (outcome.reports[i].decision->reason != (i < 100 ? Reason::all_local : Reason::limit)) FAIL_CHECK(i);
    }
  }
}

}  // namespace shorthop::test
