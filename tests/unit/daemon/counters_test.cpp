#include "daemon/counters.h"

#include <thread>
#include <vector>

#include "support/catch.h"

using namespace shorthop;

namespace {

RecipientReport report(Verdict verdict, Reason reason, Mode mode, bool applied) {
  RecipientReport report;
  Decision decision;
  decision.verdict = verdict;
  decision.reason = reason;
  report.decision = std::make_shared<const Decision>(std::move(decision));
  report.mode = mode;
  report.applied = applied;
  return report;
}

const RecipientReport replaced = report(Verdict::rewrite, Reason::all_local, Mode::rewrite, true);
const RecipientReport observed = report(Verdict::rewrite, Reason::all_local, Mode::observe, false);
const RecipientReport failed = report(Verdict::rewrite, Reason::all_local, Mode::rewrite, false);
const RecipientReport foreign = report(Verdict::keep, Reason::foreign_target, Mode::rewrite, false);

Outcome outcome(std::vector<RecipientReport> reports, std::optional<std::uint64_t> size) {
  Outcome outcome;
  outcome.reports = std::move(reports);
  outcome.size = size;
  return outcome;
}

}  // namespace

TEST_CASE("the rows are in the order of their enumeration", "[daemon][counters]") {
  for (std::size_t i = 0; i < count_rows.size(); ++i) CHECK(static_cast<std::size_t>(count_rows[i].count) == i);
}

TEST_CASE("a replaced recipient saves two hops, and its message's size twice", "[daemon][counters]") {
  Counters counters;
  counters.add_message(outcome({replaced, replaced, foreign}, 1000));
  CHECK(counters.get(Count::messages) == 1);
  CHECK(counters.get(Count::messages_rewritten) == 1);
  CHECK(counters.get(Count::hops_saved) == 4);
  CHECK(counters.get(Count::bytes_saved) == 2000);  // one message, however many recipients
  CHECK(counters.get(Count::hops_observed) == 0);
  CHECK(counters.recipients(Disposition::replaced, Reason::all_local) == 2);
  CHECK(counters.recipients(Disposition::kept, Reason::foreign_target) == 1);
}

TEST_CASE("what observe mode would have saved is counted separately", "[daemon][counters]") {
  Counters counters;
  counters.add_message(outcome({observed}, 1000));
  CHECK(counters.get(Count::hops_saved) == 0);
  CHECK(counters.get(Count::bytes_saved) == 0);
  CHECK(counters.get(Count::hops_observed) == 2);
  CHECK(counters.get(Count::bytes_observed) == 2000);
  CHECK(counters.recipients(Disposition::observed, Reason::all_local) == 1);
}

TEST_CASE("a message whose edits failed saves nothing", "[daemon][counters]") {
  Counters counters;
  counters.add_message(outcome({failed}, 1000));
  CHECK(counters.get(Count::messages) == 1);
  CHECK(counters.get(Count::messages_rewritten) == 0);
  CHECK(counters.get(Count::hops_saved) == 0);
  CHECK(counters.recipients(Disposition::failed, Reason::all_local) == 1);
}

TEST_CASE("counts of several threads add up", "[daemon][counters]") {
  Counters counters;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) threads.emplace_back([&] { counters.add(Count::hops_saved, 2); });
  }
  CHECK(counters.get(Count::hops_saved) == 40);
}

TEST_CASE("a message without a declared size counts as no bytes", "[daemon][counters]") {
  Counters counters;
  counters.add_message(outcome({replaced}, std::nullopt));
  CHECK(counters.get(Count::hops_saved) == 2);
  CHECK(counters.get(Count::bytes_saved) == 0);
}
