#include "session/savings.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

struct SavedMessage {
  void add(Reason reason, Mode mode, bool applied, const Relay& relay) {
    Decision decision;
    decision.reason = reason;
    const bool is_rewrite = reason == Reason::all_local || reason == Reason::split;
    decision.verdict = is_rewrite ? Verdict::rewrite : Verdict::keep;
    decision.resolution.has_branches = has_branches;
    RecipientReport& report = outcome.reports.emplace_back();
    report.decision = std::make_shared<const Decision>(std::move(decision));
    report.mode = mode;
    report.applied = applied;
    report.relay = &relay;
  }
  void replaced(Reason reason = Reason::all_local) { add(reason, Mode::rewrite, true, one); }
  void observed(Reason reason = Reason::all_local) { add(reason, Mode::observe, false, one); }
  void kept(Reason reason) { add(reason, Mode::rewrite, false, one); }

  /// "saved+observed" of each recipient.
  std::string credited() {
    credit_savings(outcome);
    std::string text;
    for (const RecipientReport& report : outcome.reports) {
      text += std::to_string(report.hops_saved) + "+" + std::to_string(report.hops_observed) + " ";
    }
    return text;
  }

  Relay one;
  Relay two;
  Outcome outcome;
  bool has_branches = false;
};

}  // namespace

TEST_CASE_METHOD(SavedMessage, "a replaced recipient saves the way to the primary and back", "[session][savings]") {
  replaced();
  CHECK(credited() == "2+0 ");
}

TEST_CASE_METHOD(SavedMessage, "transfers are counted once for a message and next hop", "[session][savings]") {
  replaced();
  replaced();
  replaced();
  add(Reason::all_local, Mode::rewrite, true, two);
  CHECK(credited() == "2+0 0+0 0+0 2+0 ");
}

TEST_CASE_METHOD(SavedMessage, "two relays with the same primary are one next hop", "[session][savings]") {
  one.client_addresses = {"192.0.2.1"};
  two.client_addresses = {"192.0.2.2", "192.0.2.1"};
  replaced();
  add(Reason::primary_mailbox, Mode::rewrite, false, two);
  add(Reason::all_local, Mode::rewrite, true, two);
  CHECK(credited() == "1+0 0+0 0+0 ");
}

TEST_CASE_METHOD(SavedMessage, "a recipient that may be any address may go to the primary and come back",
                 "[session][savings]") {
  replaced();
  kept(Reason::invalid_address);
  outcome.reports.back().relay = nullptr;
  outcome.may_go_anywhere = true;
  CHECK(credited() == "0+0 0+0 ");
}

TEST_CASE_METHOD(SavedMessage, "the primary still gets the message if a recipient stays", "[session][savings]") {
  kept(Reason::primary_mailbox);
  replaced();
  CHECK(credited() == "0+0 1+0 ");
}

TEST_CASE_METHOD(SavedMessage, "the message still comes back if a kept recipient may lead here", "[session][savings]") {
  replaced();
  SECTION("because its chain was not followed") { kept(Reason::excluded); }
  SECTION("because it ends here in an unknown user") { kept(Reason::local_unknown); }
  SECTION("because it has several targets") {
    has_branches = true;
    kept(Reason::foreign_target);
  }
  SECTION("because it is a control sample") { add(Reason::all_local, Mode::control, false, one); }
  CHECK(credited().starts_with("0+0 "));
}

TEST_CASE_METHOD(SavedMessage, "a split recipient still goes to the primary", "[session][savings]") {
  replaced(Reason::split);
  CHECK(credited() == "1+0 ");
}

TEST_CASE_METHOD(SavedMessage, "in observe mode the hops count as observed, not as saved", "[session][savings]") {
  observed();
  observed();
  CHECK(credited() == "0+2 0+0 ");
}

TEST_CASE_METHOD(SavedMessage, "rewrite-only: if a recipient stays in observe mode, the others save nothing",
                 "[session][savings]") {
  observed();
  replaced();
  CHECK(credited() == "0+2 0+0 ");
}

TEST_CASE_METHOD(SavedMessage, "a control sample and failed edits save nothing", "[session][savings]") {
  add(Reason::all_local, Mode::control, false, one);
  add(Reason::all_local, Mode::rewrite, false, two);
  CHECK(credited() == "0+0 0+0 ");
}

}  // namespace shorthop::test
