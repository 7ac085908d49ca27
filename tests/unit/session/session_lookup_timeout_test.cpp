// lookup-timeout: how long slow tables may delay a message, for all its recipients together.
#include "session/session.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

/// A clock that only look-ups and the test advance.
struct Time {
  Deadline now = Deadline() + 1h;
};

/// Has no entries, and is slow to answer.
class SlowTable final : public Table {
 public:
  SlowTable(Time& time, std::chrono::seconds delay) : Table("unix:slow"), time_(time), delay_(delay) {}
  Lookup find(const LookupKey&, Deadline deadline) const override {
    if (time_.now >= deadline) return std::unexpected(LookupFailure{"too late", FailureKind::timeout});
    ++asked;
    time_.now = std::min(time_.now + delay_, deadline);
    if (time_.now == deadline) return std::unexpected(LookupFailure{"too late", FailureKind::timeout});
    return std::nullopt;
  }
  mutable int asked = 0;

 private:
  Time& time_;
  std::chrono::seconds delay_;
};

struct SlowWorld {
  explicit SlowWorld(std::chrono::seconds delay) : table(std::make_shared<SlowTable>(time, delay)) {
    Primary primary = primary_of({}, {});
    primary.aliases = TableList({table});
    snapshot = snapshot_of(std::move(primary));
    snapshot->lookup_timeout = 5s;
  }
  Session session() {
    return Session({}, [this] { return snapshot; }, {&std::chrono::system_clock::now, [this] { return time.now; }});
  }

  Time time;
  std::shared_ptr<SlowTable> table;
  std::shared_ptr<Snapshot> snapshot;
};

void give_recipient(Session& session, const std::string& argument) {
  session.rcpt({argument, {}, {"relay"}, "Postfix 3.7.11"});
}

std::vector<Reason> reasons(Session& session) {
  std::vector<Reason> result;
  for (const RecipientReport& report : session.end_of_message().reports) result.push_back(report.decision->reason);
  return result;
}

}  // namespace

TEST_CASE("slow tables cost a message one lookup-timeout, not one for each recipient", "[session][deadline]") {
  SlowWorld world(2s);
  Session session = world.session();
  session.mail({});
  const Deadline begun = world.time.now;
  for (const char* name : {"a", "b", "c", "d", "e"}) give_recipient(session, "<" + std::string(name) + "@example.org>");
  CHECK(world.time.now - begun == 5s);
  CHECK(world.table->asked == 3);
  CHECK(reasons(session) == std::vector{Reason::primary_mailbox, Reason::primary_mailbox, Reason::lookup_failed,
                                        Reason::lookup_failed, Reason::lookup_failed});
}

TEST_CASE("the time between a client's recipients is not counted", "[session][deadline]") {
  SlowWorld world(2s);
  Session session = world.session();
  session.mail({});
  give_recipient(session, "<a@example.org>");
  world.time.now += 10min;
  give_recipient(session, "<b@example.org>");
  CHECK(reasons(session) == std::vector{Reason::primary_mailbox, Reason::primary_mailbox});
}

TEST_CASE("the next message has the full lookup-timeout again", "[session][deadline]") {
  SlowWorld world(9s);
  Session session = world.session();
  for (int message = 0; message < 2; ++message) {
    session.mail({});
    const Deadline begun = world.time.now;
    give_recipient(session, "<a@example.org>");
    CHECK(world.time.now - begun == 5s);
    CHECK(reasons(session) == std::vector{Reason::lookup_failed});
  }
}

TEST_CASE("look-ups in this host's tables use up the same time", "[session][deadline]") {
  class SlowHost final : public LocalHost {
   public:
    explicit SlowHost(Deadline& seen) : seen_(seen) {}
    std::expected<bool, LookupFailure> is_local_domain(std::string_view, Deadline) const override { return true; }
    std::expected<bool, LookupFailure> is_best_mx(std::string_view) const override { return true; }
    std::expected<bool, LookupFailure> has_mailbox(const Address&, Deadline deadline) const override {
      seen_ = deadline;
      return true;
    }
    std::expected<bool, LookupFailure> maps_to_another_address(const Address&, Deadline deadline) const override {
      CHECK(deadline != no_deadline);
      return false;
    }
    std::expected<bool, LookupFailure> copies(const Address&, Deadline) const override { return false; }
    std::optional<Leaf> merging_obstacle(const std::vector<Address>&, Deadline) const override { return std::nullopt; }
    std::optional<Leaf> alias_obstacle(const Address&, bool, Deadline deadline) const override {
      CHECK(deadline != no_deadline);
      return std::nullopt;
    }

   private:
    Deadline& seen_;
  };
  Time time;
  Deadline seen = no_deadline;
  auto snapshot = snapshot_of(primary_of({{"user@example.org", "user@example.com"}}, {}));
  snapshot->host = std::make_shared<SlowHost>(seen);
  snapshot->lookup_timeout = 7s;
  Session session({}, [&] { return snapshot; }, {&std::chrono::system_clock::now, [&] { return time.now; }});
  session.mail({});
  give_recipient(session, "<user@example.org>");
  CHECK(seen == time.now + 7s);
  CHECK(reasons(session) == std::vector{Reason::all_local});
}

TEST_CASE("nothing is looked up after the last recipient: all is decided before the first edit",
          "[session][deadline]") {
  const std::map<std::string, std::string, std::less<>> aliases = {
      {"user@example.org", "user@example.com"},
      {"team@example.org", "ann@example.com, far@example.net"},
      {"half@example.org", "bob@example.com, boss@example.org"}};
  const auto table = std::make_shared<CountingTable>(aliases);
  Primary primary = primary_of({}, {});
  primary.virtual_aliases = TableList({table});
  auto snapshot = snapshot_of(std::move(primary));
  const auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->split = true;
  snapshot->relay_by_domain["example.org"] = relay;
  snapshot->checks_predictions = true;
  Session session({}, [&] { return snapshot; }, {&std::chrono::system_clock::now, &std::chrono::steady_clock::now});
  session.mail({});
  for (const auto& [address, targets] : aliases) give_recipient(session, "<" + address + ">");
  const int asked_at_rcpt = table->lookups;
  CHECK(asked_at_rcpt > 0);
  CHECK_FALSE(session.data("4XyZ"));
  const Outcome outcome = session.end_of_message("4XyZ");
  CHECK(outcome.edits.size() >= 4);
  CHECK(table->lookups == asked_at_rcpt);
}

}  // namespace shorthop::test
