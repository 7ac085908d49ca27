// One recipient: from the facts and the snapshot to a reason.
#include "session/decision.h"

#include "session/explain.h"
#include "session/refusal.h"
#include "session/refutations.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

const auto now = std::chrono::system_clock::time_point(1'000'000s);

Reason reason_for(std::string_view address, const Snapshot& snapshot, RecipientFacts facts = {}) {
  return decide(*Address::parse(address), facts, snapshot, now).reason;
}

Primary simple_primary() { return primary_of({}, {{"user", "user@example.com"}}); }

}  // namespace

TEST_CASE("DESIGN 4: recipients of mail from the primary are kept", "[session]") {
  const auto snapshot = snapshot_of(simple_primary());
  CHECK(reason_for("user@example.org", *snapshot, {.client_address = "192.0.2.1"}) == Reason::from_primary);
  CHECK(reason_for("user@example.org", *snapshot, {.client_name = "Mail.Example.ORG"}) == Reason::from_primary);
  CHECK(reason_for("user@example.org", *snapshot, {.client_address = "192.0.2.10"}) == Reason::all_local);
}

TEST_CASE("local(8) Delivered-To: a target that this host forwards keeps the recipient, because its mail could loop",
          "[session]") {
  auto snapshot =
      snapshot_of(primary_of({}, {{"user", "back@example.com"}, {"team", "user@example.com, back@example.com"}}));
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "back"});
  snapshot->host = host;
  CHECK(reason_for("team@example.org", *snapshot) == Reason::all_local);
  host->alias_obstacles["back@example.com"] = LeafKind::foreign_target;
  CHECK(reason_for("team@example.org", *snapshot) == Reason::foreign_target);
  CHECK(reason_for("user@example.org", *snapshot) == Reason::foreign_target);
}

TEST_CASE("if aliases of this host cannot be read, a recipient with several targets is kept, also with split = yes",
          "[session]") {
  auto snapshot = snapshot_of(
      primary_of({}, {{"user", "user@example.com"}, {"mixed", "user@example.com, box@example.org"}, {"box", "box"}}));
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->split = true;
  snapshot->relay_by_domain["example.org"] = relay;
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  snapshot->host = host;
  CHECK(reason_for("mixed@example.org", *snapshot) == Reason::split);
  // This host does not send the address that would stay at the primary there.
  for (const auto& route : {MailRoute{"discard", ""}, MailRoute{"smtp", "[mail.example.net]"}}) {
    host->routes["box@example.org"] = route;
    CHECK(reason_for("mixed@example.org", *snapshot) == Reason::primary_mailbox);
  }
  host->routes["box@example.org"] = {"smtp", "[mail.example.org]"};
  CHECK(reason_for("mixed@example.org", *snapshot) == Reason::split);
  host->aliases_are_unreadable = true;
  CHECK(reason_for("mixed@example.org", *snapshot) == Reason::not_followed);
  CHECK(reason_for("user@example.org", *snapshot) == Reason::all_local);
}

TEST_CASE("a recipient that this host rewrites itself is kept", "[session]") {
  auto snapshot = snapshot_of(simple_primary());
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  host->rewritten.insert("user@example.org");
  snapshot->host = host;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::not_followed);
}

TEST_CASE("DESIGN 2.5: data older than max-age is not acted on", "[session]") {
  auto snapshot = snapshot_of(simple_primary());
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->max_age = 48h;
  relay->newest = {now - 48h, "/copies/aliases"};
  snapshot->relay_by_domain["example.org"] = relay;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::all_local);
  relay->newest.time = now - 48h - 1s;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::stale);
  CHECK(decide(*Address::parse("user@example.org"), {}, *snapshot, now).detail ==
        "the newest file, /copies/aliases, is 48 hours old; max-age is 48 hours");
}

TEST_CASE("truncated or shrunken data is not acted on", "[session]") {
  auto snapshot = snapshot_of(simple_primary());
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->held_back = "the copy may be incomplete";
  snapshot->relay_by_domain["example.org"] = relay;
  const Decision decision = decide(*Address::parse("user@example.org"), {}, *snapshot, now);
  CHECK(decision.reason == Reason::stale);
  CHECK(decision.detail == "the copy may be incomplete");
}

TEST_CASE("while the primary's addresses are unknown, clients and routes cannot be compared with them", "[session]") {
  auto snapshot = snapshot_of(simple_primary());
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->client_addresses.clear();
  relay->unknown_addresses = "the DNS does not answer";
  snapshot->relay_by_domain["example.org"] = relay;
  const auto reason = [&](const RecipientFacts& facts) {
    return decide(*Address::parse("user@example.org"), facts, *snapshot, now).reason;
  };
  CHECK(reason({.client_address = "192.0.2.99"}) == Reason::lookup_failed);
  CHECK(reason({.next_hop = "[192.0.2.99]:10024"}) == Reason::lookup_failed);
  CHECK(reason({.client_address = "192.0.2.99", .client_name = "mail.example.org"}) == Reason::from_primary);
  CHECK(reason({.next_hop = "mail.example.org"}) == Reason::all_local);
  CHECK(reason({}) == Reason::all_local);
  Budget budget;
  const auto user = *Address::parse("user@example.org");
  CHECK(
      decide_address(user, facts_of_remote_client("<user@example.org>"), *snapshot, {now, Trace::on, budget}).reason ==
      Reason::lookup_failed);
}

TEST_CASE("DESIGN 4.7: a domain of this host whose mail goes elsewhere does not count as local", "[session]") {
  auto snapshot = snapshot_of(simple_primary());
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  host->best_mx = false;
  snapshot->host = host;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::foreign_target);
  host->mx_failure = "the DNS does not answer";
  CHECK(reason_for("user@example.org", *snapshot) == Reason::lookup_failed);
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->primary.arrives_here = {"example.com"};
  snapshot->relay_by_domain["example.org"] = relay;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::all_local);
}

TEST_CASE("DESIGN 2.11: a refutation keeps every recipient whose chain passes the refuted one", "[session]") {
  Primary primary = primary_of({{"x@example.org", "user@example.com"},
                                {"a@example.org", "x@example.org"},
                                {"team@example.org", "ann@example.com, a@example.org"},
                                {"other@example.org", "user@example.com"}},
                               {});
  primary.rules.delimiters = "+";
  const auto snapshot = snapshot_of(std::move(primary));
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "user+tag", "ann"});
  snapshot->host = host;
  auto refutations = std::make_shared<Refutations>();
  refutations->insert({"example.org", "x@example.org", "user@example.com", "bob@example.com", ""});
  for (const auto* recipient : {"x@example.org", "X+tag@example.org", "a@example.org", "team@example.org"}) {
    INFO(recipient);
    CHECK(reason_for(recipient, *snapshot) == Reason::all_local);
    snapshot->refutations = refutations;
    for (const Trace trace : {Trace::on, Trace::off}) {
      const Decision decision = decide(*Address::parse(recipient), {}, *snapshot, now, trace);
      CHECK(decision.reason == Reason::refuted);
      CHECK(decision.detail.ends_with(" came back for bob@example.com"));
    }
    CHECK(reason_for("other@example.org", *snapshot) == Reason::all_local);
    snapshot->refutations = nullptr;
  }
  // The tables, which may be asked live, now lead to the right mailbox.
  refutations->insert({"example.org", "x@example.org", "ann@example.com", "user@example.com", ""});
  snapshot->refutations = refutations;
  CHECK(reason_for("a@example.org", *snapshot) == Reason::all_local);
}

TEST_CASE("if this host cannot look up its users, the recipient is kept", "[session]") {
  auto snapshot = snapshot_of(simple_primary());
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  host->broken = true;
  snapshot->host = host;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::lookup_failed);
}

TEST_CASE("DESIGN 5: the JSON of a decision, fields in their order", "[session]") {
  const auto snapshot = snapshot_of(simple_primary());
  const auto decision = decide(*Address::parse("user@example.org"), {}, *snapshot, now);
  CHECK(explained_json("user@example.org", decision) ==
        R"({"recipient":"user@example.org","decision":"rewrite","reason":"all-local","to":["user@example.com"],)"
        R"("steps":[{"address":"user@example.org","by":"alias-maps","table":"map:test","line":0,)"
        R"("to":["user@example.com"]}],"leaves":[{"kind":"local-mailbox","address":"user@example.com"}]})");
}

TEST_CASE("DESIGN 5: the log line of a recipient", "[session]") {
  const auto snapshot = snapshot_of(simple_primary());
  const Decision decision = decide(*Address::parse("user@example.org"), {}, *snapshot, now);
  RecipientReport report{"user@example.org", std::make_shared<const Decision>(decision), Mode::rewrite, true};
  report.hops_saved = 2;
  CHECK(log_line("4XyZ", report, 10240) ==
        "4XyZ: recipient=<user@example.org> decision=rewrite reason=all-local to=<user@example.com> steps=1 "
        "hops_saved=2 size=10240");
  report.applied = false;
  report.mode = Mode::observe;
  report.hops_saved = 0;
  report.hops_observed = 2;
  CHECK(log_line("4XyZ", report, {}) ==
        "4XyZ: recipient=<user@example.org> decision=rewrite reason=all-local to=<user@example.com> steps=1 "
        "hops_saved=0 size=unknown hops_observed=2 mode=observe");
  report.mode = Mode::control;
  CHECK(log_line("4XyZ", report, {}).ends_with(" hops_saved=0 size=unknown mode=control"));
}

TEST_CASE("DESIGN 2.9: text from outside reaches a log line only in escaped form", "[session]") {
  RecipientReport report{"a\r\nb\xff\"@example.org", std::make_shared<const Decision>(), Mode::rewrite, false};
  CHECK(log_line("id\n", report, {}) ==
        "id\\x0a: recipient=<a\\x0d\\x0ab\\xff\"@example.org> decision=keep reason=not-relayed steps=0 hops_saved=0 "
        "size=unknown");
}

TEST_CASE("DESIGN 2.9: an address cannot imitate further fields of a log line", "[session]") {
  Decision decision;
  decision.to.push_back(*Address::from_parts("c> d", "example.com"));
  RecipientReport report{"a> decision=rewrite to=<b\\@example.org", std::make_shared<const Decision>(decision),
                         Mode::rewrite, false};
  CHECK(log_line("id x", report, {}) ==
        "id\\x20x: recipient=<a\\x3e\\x20decision=rewrite\\x20to=\\x3cb\\\\@example.org> decision=keep "
        "reason=not-relayed to=<\"c\\x3e\\x20d\"@example.com> steps=0 hops_saved=0 size=unknown");
}

TEST_CASE("every reason has its row, in the order of the enumeration", "[session]") {
  for (std::size_t i = 0; i < reason_rows.size(); ++i) CHECK(static_cast<std::size_t>(reason_rows[i].reason) == i);
}

TEST_CASE("Sendmail: a backslash before a name prevents its expansion by the primary", "[session]") {
  Primary primary = simple_primary();
  primary.profile = Profile::sendmail;
  const auto snapshot = snapshot_of(primary);
  CHECK(reason_for("user@example.org", *snapshot, {.written = "<user@example.org>"}) == Reason::all_local);
  CHECK(reason_for("user@example.org", *snapshot, {.written = "<\\user@example.org>"}) == Reason::invalid_address);
  CHECK(reason_for("user@example.org", *snapshot_of(simple_primary()), {.written = "<\\user@example.org>"}) ==
        Reason::all_local);
}

TEST_CASE("an alias of this host keeps the recipient, with the reason given by LocalHost", "[session]") {
  auto snapshot = snapshot_of(primary_of({}, {{"user", "user+box@example.com"}}));
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user+box"});
  snapshot->host = host;
  CHECK(reason_for("user@example.org", *snapshot) == Reason::all_local);
  for (const auto& [kind, reason] :
       {std::pair{LeafKind::loop, Reason::loop}, std::pair{LeafKind::lookup_failed, Reason::lookup_failed},
        std::pair{LeafKind::foreign_target, Reason::foreign_target}}) {
    host->alias_obstacles["user+box@example.com"] = kind;
    CHECK(reason_for("user@example.org", *snapshot) == reason);
  }
}

TEST_CASE("a recipient is kept if an addition would lose its DSN request", "[session]") {
  const auto snapshot = snapshot_of(simple_primary());
  const auto decided = [&](const RecipientFacts& facts) {
    return decide(*Address::parse("user@example.org"), facts, *snapshot, now);
  };
  CHECK(decided({.is_ascii_only = true}).reason == Reason::all_local);
  const Decision broken = decided({.parameter_error = "NOTIFY=SOMETIMES is not a condition"});
  CHECK(broken.reason == Reason::invalid_address);
  CHECK(broken.detail == "NOTIFY=SOMETIMES is not a condition");
  CHECK(broken.to.empty());
  CHECK(decided({.loses_notify = true}).reason == Reason::invalid_address);
  // A recipient kept for another reason keeps that reason.
  CHECK(reason_for("nobody@example.org", *snapshot, {.loses_notify = true}) ==
        reason_for("nobody@example.org", *snapshot));
}

TEST_CASE("an address can be decided without facts from an MTA", "[session]") {
  const auto snapshot = snapshot_of(simple_primary());
  const auto user = *Address::parse("user@example.org");
  Budget budget;
  CHECK(decide_address(user, *snapshot, {now, Trace::on, budget}).reason == Reason::all_local);
  CHECK(decide(user, {.client_name = "mail.example.org"}, *snapshot, now).reason == Reason::from_primary);
  CHECK(decide_address(*Address::parse("user@example.net"), *snapshot, {now, Trace::on, budget}).reason ==
        Reason::not_relayed);
}

TEST_CASE("reject-unknown: names that Postfix accepts without a user are not refused", "[session]") {
  const auto now = std::chrono::system_clock::now();
  Relay relay;
  relay.newest.time = now;
  relay.primary.rules.local_domains.add_name("example.org");
  relay.primary.address_tables.local_recipients.emplace();
  const auto why_not = [&](const std::string& text) {
    Resolution resolution;
    resolution.leaves = {{LeafKind::unknown_recipient, text, ""}};
    return why_not_refused(Address::parse(text).value(), resolution, relay, now);
  };
  CHECK(why_not("nosuch@example.org").empty());
  for (const char* name : {"Postmaster@example.org", "postmaster+x@example.org", "MAILER-DAEMON@example.org",
                           "double-bounce@example.org", "SRS0=a=b=c@example.org"}) {
    INFO(name);
    CHECK_FALSE(why_not(name).empty());
  }
  CHECK(why_not("probe@example.org").empty());
  relay.primary.rules.probe_sender = "probe";
  for (const char* name : {"probe@example.org", "Probe1abc23@example.org", "double-bounce1abc23@example.org"}) {
    INFO(name);
    CHECK_FALSE(why_not(name).empty());
  }
  relay.primary.address_tables.refuses_unlisted = false;
  CHECK_FALSE(why_not("nosuch@example.org").empty());
}

TEST_CASE("split: mail comes back only for the recipients of this host", "[session]") {
  const auto snapshot = snapshot_of(primary_of({}, {}));
  Decision decision;
  decision.to = {*Address::parse("User@example.com"), *Address::parse("bob@example.org")};
  CHECK(expected_returns(decision, *snapshot) == std::vector<std::string>{"user@example.com"});
}

TEST_CASE("postconf(5) smtputf8_enable = no: the primary may refuse mail with SMTPUTF8", "[session]") {
  Primary primary = primary_of({}, {{"user", "user@example.com"}});
  const auto reason_for = [&](bool takes_utf8, bool needs_utf8) {
    primary.rules.takes_utf8 = takes_utf8;
    const auto snapshot = snapshot_of(primary);
    const Address recipient = Address::parse("user@example.org").value();
    return decide(recipient, {.needs_utf8 = needs_utf8}, *snapshot, std::chrono::system_clock::now()).reason;
  };
  CHECK(reason_for(false, true) == Reason::not_followed);
  CHECK(reason_for(false, false) == Reason::all_local);
  CHECK(reason_for(true, true) == Reason::all_local);
  primary.profile = Profile::flat;
  CHECK(reason_for(true, true) == Reason::not_followed);
  CHECK(reason_for(true, false) == Reason::all_local);
}

}  // namespace shorthop::test
