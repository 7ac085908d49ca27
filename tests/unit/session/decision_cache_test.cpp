// What the cache of decisions keeps, for how long, and how much of it.
#include "session/decision_cache.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

Address address(std::string_view text) { return *Address::parse(text); }

Decision rewrite_to(std::string_view target) {
  Decision decision;
  decision.verdict = Verdict::rewrite;
  decision.reason = Reason::all_local;
  decision.to = {address(target)};
  return decision;
}

/// A cache whose time a test sets.
struct TimedCache {
  explicit TimedCache(DecisionCache::Limits limits = {}) : cache([this] { return now; }, limits) {}

  void insert(std::string_view recipient, const Decision& decision) { cache.insert(address(recipient), decision); }
  /// The target of the cached decision.
  std::string found(std::string_view recipient) {
    const auto decision = cache.find(address(recipient));
    return !decision ? "nothing" : decision->to.empty() ? "no target" : decision->to.front().external();
  }

  std::chrono::steady_clock::time_point now{1h};
  DecisionCache cache;
};

Decision decided(std::string_view recipient, const Snapshot& snapshot, Budget& budget, Trace trace = Trace::off) {
  return decide(address(recipient), {}, snapshot, std::chrono::system_clock::now(), trace, budget);
}

Reason reason_for(std::string_view recipient, const Snapshot& snapshot, Trace trace = Trace::off) {
  Budget budget;
  return decided(recipient, snapshot, budget, trace).reason;
}

std::shared_ptr<Snapshot> with_cache(std::shared_ptr<Snapshot> snapshot) {
  snapshot->cache = std::make_shared<DecisionCache>(std::chrono::steady_clock::now);
  return snapshot;
}

}  // namespace

TEST_CASE("a cached decision is found for the recipient as it is written", "[session][cache]") {
  TimedCache t;
  t.insert("Ann+X@example.org", rewrite_to("user+X@example.com"));
  t.insert("ann+x@example.org", rewrite_to("user+x@example.com"));
  CHECK(t.found("Ann+X@example.org") == "user+X@example.com");
  CHECK(t.found("ann+x@example.org") == "user+x@example.com");
  CHECK(t.found("ANN+X@example.org") == "nothing");
  CHECK(t.found("ann+x@example.com") == "nothing");
}

TEST_CASE("a cached decision expires after its time to live", "[session][cache]") {
  TimedCache t({.ttl = 2000ms});
  t.insert("ann@example.org", rewrite_to("user@example.com"));
  t.now += 1999ms;
  t.insert("ann@example.org", rewrite_to("other@example.com"));  // a second thread's: the first one stays
  CHECK(t.found("ann@example.org") == "user@example.com");
  t.now += 1ms;
  CHECK(t.found("ann@example.org") == "nothing");
  t.insert("ann@example.org", rewrite_to("other@example.com"));
  CHECK(t.found("ann@example.org") == "other@example.com");
}

TEST_CASE("failures are not cached, nor decisions that rest on one", "[session][cache]") {
  TimedCache t;
  Decision failed;
  failed.reason = Reason::lookup_failed;
  t.insert("ann@example.org", failed);
  CHECK(t.found("ann@example.org") == "nothing");
  Decision beside = failed;
  beside.reason = Reason::foreign_target;
  beside.resolution.leaves = {{LeafKind::foreign_target, "x@example.net", {}}, {LeafKind::lookup_failed, "y", {}}};
  t.insert("ann@example.org", beside);
  CHECK(t.found("ann@example.org") == "nothing");
  beside.resolution.leaves.pop_back();
  t.insert("ann@example.org", beside);
  CHECK(t.found("ann@example.org") == "no target");
}

TEST_CASE("the oldest decisions make room for new ones", "[session][cache]") {
  TimedCache t({.max_entries = 3});
  for (const char* name : {"a", "b", "c", "d"})
    t.insert(std::string(name) + "@example.org", rewrite_to("u@example.com"));
  CHECK(t.found("a@example.org") == "nothing");
  CHECK(t.found("b@example.org") == "u@example.com");
  CHECK(t.found("d@example.org") == "u@example.com");
}

TEST_CASE("the cache is bounded in bytes, by all that a decision holds", "[session][cache]") {
  const std::string text(1000, 'x');
  Decision with_detail;
  with_detail.detail = text;
  Decision with_leaf;
  with_leaf.resolution.leaves = {{LeafKind::command_target, text, {}}};
  Decision with_step;
  with_step.resolution.steps = {{"a@example.org", "alias-maps", "text:a", 1, {text}}};
  Decision with_targets;
  with_targets.to = std::vector<Address>(10, address("user@example.com"));
  for (const Decision& large : {with_detail, with_leaf, with_step, with_targets}) {
    TimedCache one({.max_entry = 1000});
    one.insert("a@example.org", large);
    CHECK(one.found("a@example.org") == "nothing");
    TimedCache all({.max_bytes = 10'000});
    for (int i = 0; i < 100; ++i) all.insert(fmt::format("u{}@example.org", i), large);
    int found = 0;
    for (int i = 0; i < 100; ++i) found += all.found(fmt::format("u{}@example.org", i)) == "nothing" ? 0 : 1;
    CHECK(found > 0);
    CHECK(found < 10);
  }
}

TEST_CASE("several threads may use the cache at once", "[session][cache][threads]") {
  DecisionCache cache(std::chrono::steady_clock::now, {.max_entries = 50});
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) {
          const Address recipient = address(fmt::format("user{}@example.org", i % 70));
          const Address target = address(fmt::format("user{}@example.com", i % 70));
          const auto known = cache.find(recipient);
          if (known && known->to != std::vector{target}) ++wrong;
          if (!known) cache.insert(recipient, rewrite_to(target.internal()));
        }
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a decision is made once for as long as it is cached: no table and no host is asked again",
          "[session][cache]") {
  const auto table = std::make_shared<CountingTable>(
      std::map<std::string, std::string, std::less<>>{{"team", "user@example.com, ann@example.com"}});
  Primary primary = primary_of({}, {});
  primary.aliases = TableList({table});
  const auto snapshot = with_cache(snapshot_of(std::move(primary)));
  const auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "ann"});
  snapshot->host = host;
  CHECK(reason_for("team@example.org", *snapshot) == Reason::all_local);
  const int lookups = table->lookups;
  CHECK(lookups > 0);
  host->broken = true;
  CHECK(reason_for("team@example.org", *snapshot) == Reason::all_local);
  CHECK(table->lookups == lookups);
  SECTION("with its steps it is made anew") {
    CHECK(reason_for("team@example.org", *snapshot, Trace::on) == Reason::lookup_failed);
    CHECK(table->lookups > lookups);
  }
  SECTION("what depends on the client is asked each time") {
    const RecipientFacts from_primary{.client_name = "mail.example.org"};
    Budget budget;
    const auto now = std::chrono::system_clock::now();
    CHECK(decide(address("team@example.org"), from_primary, *snapshot, now, Trace::off, budget).reason ==
          Reason::from_primary);
  }
}

TEST_CASE("a failed look-up is asked again by the next message", "[session][cache]") {
  const auto snapshot = with_cache(snapshot_of(primary_of({}, {{"team", "user@example.com"}})));
  const auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  snapshot->host = host;
  host->broken = true;
  CHECK(reason_for("team@example.org", *snapshot) == Reason::lookup_failed);
  host->broken = false;
  CHECK(reason_for("team@example.org", *snapshot) == Reason::all_local);
}

TEST_CASE("a budget that is used up says nothing of the next message", "[session][cache]") {
  const auto snapshot = with_cache(snapshot_of(primary_of({}, {{"team", "user@example.com, ann@example.com"}})));
  for (std::size_t look_ups = 0; look_ups < 8; ++look_ups) {
    Budget small({.look_ups = look_ups});
    decided("team@example.org", *snapshot, small);
  }
  CHECK(reason_for("team@example.org", *snapshot) == Reason::all_local);
}

}  // namespace shorthop::test
