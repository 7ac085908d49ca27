#include "daemon/metrics/counters.h"

#include <thread>
#include <vector>

#include "session/savings.h"
#include "support/catch.h"

using namespace shorthop;

namespace {

const Relay& counted_relay() {
  static const Relay relay = [] {
    Relay made;
    made.name = "example.org";
    return made;
  }();
  return relay;
}

RecipientReport report(Verdict verdict, Reason reason, Mode mode, bool applied) {
  RecipientReport report;
  Decision decision;
  decision.verdict = verdict;
  decision.reason = reason;
  report.decision = std::make_shared<const Decision>(std::move(decision));
  report.mode = mode;
  report.applied = applied;
  report.relay = &counted_relay();
  return report;
}

const RecipientReport replaced = report(Verdict::rewrite, Reason::all_local, Mode::rewrite, true);
const RecipientReport observed = report(Verdict::rewrite, Reason::all_local, Mode::observe, false);
const RecipientReport failed = report(Verdict::rewrite, Reason::all_local, Mode::rewrite, false);
const RecipientReport control = report(Verdict::rewrite, Reason::all_local, Mode::control, false);
const RecipientReport foreign = report(Verdict::keep, Reason::foreign_target, Mode::rewrite, false);

struct CountedMessages {
  void count(std::vector<RecipientReport> reports, std::optional<std::uint64_t> size) {
    Outcome outcome;
    outcome.reports = std::move(reports);
    outcome.size = size;
    credit_savings(outcome);
    counters.add_message(outcome);
  }
  std::uint64_t relay_count(RelayCount count) const { return counters.of_all().get(count); }
  std::uint64_t recipients(Disposition disposition, Reason reason) const {
    return counters.of_all().recipients[static_cast<std::size_t>(disposition)][static_cast<std::size_t>(reason)];
  }
  Counters counters;
};

}  // namespace

TEST_CASE("the rows are in the order of their enumeration", "[daemon][counters]") {
  for (std::size_t i = 0; i < count_rows.size(); ++i) CHECK(static_cast<std::size_t>(count_rows[i].count) == i);
  for (std::size_t i = 0; i < relay_count_rows.size(); ++i)
    CHECK(static_cast<std::size_t>(relay_count_rows[i].count) == i);
}

TEST_CASE_METHOD(CountedMessages, "a message whose recipients are replaced saves two hops and twice its size",
                 "[daemon][counters]") {
  count({replaced, replaced}, 1000);
  CHECK(counters.get(Count::messages) == 1);
  CHECK(counters.get(Count::messages_rewritten) == 1);
  CHECK(relay_count(RelayCount::hops_saved) == 2);
  CHECK(relay_count(RelayCount::bytes_saved) == 2000);
  CHECK(relay_count(RelayCount::hops_observed) == 0);
  CHECK(recipients(Disposition::replaced, Reason::all_local) == 2);
}

TEST_CASE_METHOD(CountedMessages,
                 "if a recipient is kept, the message still goes to the primary, and only one hop is saved",
                 "[daemon][counters]") {
  count({replaced, foreign}, 1000);
  CHECK(relay_count(RelayCount::hops_saved) == 1);
  CHECK(relay_count(RelayCount::bytes_saved) == 1000);
  CHECK(recipients(Disposition::kept, Reason::foreign_target) == 1);
}

TEST_CASE_METHOD(CountedMessages, "the savings that observe mode would have made are counted separately",
                 "[daemon][counters]") {
  count({observed}, 1000);
  CHECK(relay_count(RelayCount::hops_saved) == 0);
  CHECK(relay_count(RelayCount::bytes_saved) == 0);
  CHECK(relay_count(RelayCount::hops_observed) == 2);
  CHECK(relay_count(RelayCount::bytes_observed) == 2000);
  CHECK(recipients(Disposition::observed, Reason::all_local) == 1);
}

TEST_CASE_METHOD(CountedMessages, "a message whose edits failed, or that was a control sample, saves nothing",
                 "[daemon][counters]") {
  count({failed}, 1000);
  count({control}, 1000);
  CHECK(counters.get(Count::messages) == 2);
  CHECK(counters.get(Count::messages_rewritten) == 0);
  CHECK(relay_count(RelayCount::hops_saved) == 0);
  CHECK(recipients(Disposition::failed, Reason::all_local) == 1);
  CHECK(recipients(Disposition::control, Reason::all_local) == 1);
}

TEST_CASE("counts of several threads add up", "[daemon][counters]") {
  Counters counters;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
      threads.emplace_back([&] {
        counters.add(Count::connections, 2);
        counters.add_message({});
      });
  }
  CHECK(counters.get(Count::connections) == 40);
  CHECK(counters.get(Count::messages) == 20);
}

TEST_CASE_METHOD(CountedMessages, "a message without a declared size saves hops, but an unknown number of bytes",
                 "[daemon][counters]") {
  count({replaced}, std::nullopt);
  count({observed}, std::nullopt);
  count({replaced}, 7);
  CHECK(relay_count(RelayCount::hops_saved) == 4);
  CHECK(relay_count(RelayCount::hops_saved_size_unknown) == 2);
  CHECK(relay_count(RelayCount::hops_observed_size_unknown) == 2);
  CHECK(relay_count(RelayCount::bytes_saved) == 14);
}

TEST_CASE("a sum of bytes stops at the largest number, whatever sizes clients declare", "[daemon][counters]") {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  RelayCounts counts;
  counts.add(RelayCount::bytes_saved, largest - 1);
  counts.add(RelayCount::bytes_saved, 5);
  CHECK(counts.get(RelayCount::bytes_saved) == largest);
  counts.add(RelayCounts(counts));
  CHECK(counts.get(RelayCount::bytes_saved) == largest);
}

TEST_CASE_METHOD(CountedMessages, "totals survive a restart; counts since the start do not", "[daemon][counters]") {
  count({replaced, foreign}, 1000);
  count({observed}, std::nullopt);
  PredictionReport missed;
  missed.result = PredictionResult::missed;
  missed.awaited.relay = "example.org";
  missed.awaited.reason = Reason::command_target;
  counters.add_prediction(missed);
  counters.add(Count::connections);
  Counters next;
  next.add_totals(counters.totals());
  CHECK(next.totals() == counters.totals());
  CHECK(next.by_relay().at("example.org").counts == counters.of_all().counts);
  CHECK(next.by_relay().at("example.org").missed[static_cast<std::size_t>(Reason::command_target)] == 1);
  CHECK(next.get(Count::messages) == 2);
  CHECK(next.get(Count::connections) == 0);
  CHECK(next.by_relay().size() == 1);
  next.add_totals(counters.totals());
  CHECK(next.get(Count::messages) == 4);
}

TEST_CASE("damaged lines of the totals are ignored", "[daemon][counters]") {
  Counters counters;
  counters.add_totals("garbage\n\t\t\nr\thops-saved\t-1\nr\thops-saved\t1x\nr\tno-such\t3\nr\thops-saved\t3\nr\tcut");
  CHECK(counters.of_all().get(RelayCount::hops_saved) == 3);
}
