// Relay::all_or_none: if one recipient of a message is kept, all are.
#include "session/session.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

/// "DECISION REASON" of each recipient of a message, in order, each followed by ';'.
std::string decided(bool all_or_none, const std::vector<std::string>& recipients) {
  auto snapshot = snapshot_of(
      primary_of({}, {{"info", "user@example.com"}, {"sales", "ann@example.com"}, {"away", "someone@example.net"}}));
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain.at("example.org"));
  relay->all_or_none = all_or_none;
  snapshot->relay_by_domain["example.org"] = relay;
  Session session({}, [snapshot] { return snapshot; },
                  {&std::chrono::system_clock::now, &std::chrono::steady_clock::now});
  session.mail({});
  for (const std::string& recipient : recipients) session.rcpt({recipient, {}, {"relay", {}, {}}, "Postfix 3.7.11"});
  const auto early = session.data();
  const Outcome outcome = early ? *early : session.end_of_message();
  std::string text;
  for (const auto& report : outcome.reports) {
    text += name_of(report.decision->verdict);
    text.append(" ").append(name_of(report.decision->reason)).append(";");
  }
  return text;
}

}  // namespace

TEST_CASE("smtpd_data_restrictions, access(5) HOLD: a recipient that is kept keeps the others", "[session]") {
  const std::vector<std::string> mixed = {"<info@example.org>", "<away@example.org>", "<sales@example.org>"};
  CHECK(decided(false, mixed) == "rewrite all-local;keep foreign-target;rewrite all-local;");
  CHECK(decided(true, mixed) == "keep foreign-target;keep foreign-target;keep foreign-target;");
  const std::vector<std::string> all_here = {"<info@example.org>", "<sales@example.org>", "<ann@example.com>"};
  CHECK(decided(true, all_here) == "rewrite all-local;rewrite all-local;");
  // To the MTA, the unreadable recipient may be an address of the primary.
  CHECK(decided(true, {"<info@example.org>", "<away@example.org>(x)"}).starts_with("keep"));
}

}  // namespace shorthop::test
