// Recipients that go to one primary in one transaction: what the primary does to the message because of one recipient
// concerns all of them.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "session/savings.h"
#include "session/session.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

/// A primary that discards each message for ann@example.org.
Primary discarding() {
  Primary primary = primary_of({}, {{"user", "user@example.com"}, {"ann", "ann@example.com"}});
  primary.address_tables.recipient_access = table_of({{"ann@example.org", "DISCARD"}});
  return primary;
}

/// A second relay, for example.net, with this primary.
void add_relay(Snapshot& snapshot, Primary primary, std::vector<std::string> addresses) {
  primary.rules.local_domains = {"example.org", "example.net"};
  Relay relay = *snapshot.relay_by_domain.at("example.org");
  relay.name = "example.net";
  relay.client_names = {"example.net"};
  relay.client_addresses = std::move(addresses);
  relay.primary = std::move(primary);
  snapshot.relay_by_domain["example.net"] = std::make_shared<const Relay>(std::move(relay));
}

std::string in_words(const std::vector<Edit>& edits) {
  std::string text;
  for (const Edit& edit : edits) {
    if (const auto* add = std::get_if<AddRecipient>(&edit)) text += "ADD " + add->path + " ";
    if (const auto* removed = std::get_if<DeleteRecipient>(&edit)) text += "DEL " + removed->text + " ";
  }
  return text;
}

Session session_of(const std::shared_ptr<Snapshot>& snapshot) {
  return Session({}, [snapshot] { return snapshot; },
                 {&std::chrono::system_clock::now, &std::chrono::steady_clock::now});
}

std::string edits_with(const std::shared_ptr<Snapshot>& snapshot, const std::vector<std::string_view>& arguments,
                       std::string_view mailer_of_others = "relay") {
  Session s = session_of(snapshot);
  s.mail({});
  for (const auto argument : arguments) {
    const bool is_relayed = argument.ends_with("@example.org>");
    s.rcpt({argument, {}, {is_relayed ? "relay" : mailer_of_others}, "Postfix 3.7.11"});
  }
  if (s.data()) return "nothing";
  return in_words(s.end_of_message().edits);
}

}  // namespace

TEST_CASE("access(5) DISCARD at the primary concerns the whole message, so the other recipients there are kept too",
          "[session][envelope]") {
  const auto edits_for_action = [](const char* action) {
    Primary primary = primary_of({}, {{"user", "user@example.com"}, {"ann", "ann@example.com"}});
    primary.address_tables.recipient_access = table_of({{"ann@example.org", action}});
    return edits_with(snapshot_of(std::move(primary)), {"<user@example.org>", "<ann@example.org>"});
  };
  CHECK(edits_for_action("DISCARD") == "nothing");
  CHECK(edits_for_action("REDIRECT bob@example.net") == "nothing");
  CHECK(edits_for_action("REJECT").starts_with("ADD <user@example.com>"));
  CHECK(edits_for_action("OK").contains("ADD <ann@example.com>"));
}

TEST_CASE("access(5): a recipient that is kept before its chain is followed must not hide DISCARD",
          "[session][envelope]") {
  auto snapshot = snapshot_of(discarding());
  const auto change = [&](auto edit) {
    Relay relay = *snapshot->relay_by_domain.at("example.org");
    edit(relay);
    snapshot->relay_by_domain["example.org"] = std::make_shared<const Relay>(std::move(relay));
  };
  const std::string alone = "ADD <user@example.com> DEL <user@example.org> ";
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}) == alone);
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.net>"}) == alone);
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob>"}, "local") == alone);
  for (const char* hidden :
       {"<ann>", "<ann@example.org.>", "<ann @example.org>", "<ann%example.org>", "<example.org!ann>",
        "<ann%example.org@example.com>", "<ann%example.org@example.org>", "<example.org!ann@example.org>"}) {
    INFO(hidden);
    CHECK(edits_with(snapshot, {"<user@example.org>", hidden}) == "nothing");
  }
  SECTION("exclude") {
    change([](Relay& relay) { relay.excluded = {"ann@example.org"}; });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<ann@example.org>"}) == "nothing");
    change([](Relay& relay) { relay.excluded = {"bob@example.org"}; });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}) == alone);
  }
  SECTION("a table of this host rewrites the address") {
    auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
    host->rewritten = {"bob@example.org"};
    snapshot->host = host;
    CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}) == "nothing");
  }
  SECTION("allow_min_user") {
    change(
        [](Relay& relay) { relay.primary.address_tables.recipient_access = table_of({{"-a@example.org", "HOLD"}}); });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<-a@example.org>"}) == "nothing");
    CHECK(edits_with(snapshot, {"<user@example.org>", "<-b@example.org>"}) == alone);
  }
  SECTION("a primary without such tables") {
    change([](Relay& relay) { relay.primary.address_tables.recipient_access = {}; });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<ann @example.org>"}) == alone);
  }
}

TEST_CASE("access(5): a copy by recipient_bcc_maps must not hide DISCARD behind a content filter",
          "[session][envelope]") {
  Primary primary = primary_of({}, {{"user", "user@example.com"}});
  primary.address_tables.recipient_bcc =
      table_of({{"ann@example.org", "x@example.org"}, {"bob@example.org", "x@example.org"}});
  auto behind = std::make_shared<AddressTables>();
  behind->recipient_access = table_of({{"ann@example.org", "DISCARD"}});
  primary.address_tables.behind_filter = behind;
  const auto snapshot = snapshot_of(std::move(primary));
  CHECK(edits_with(snapshot, {"<user@example.org>", "<ann@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}).starts_with("ADD <user@example.com>"));
}

TEST_CASE("a recipient that this host sends on under another address may be any recipient of a primary",
          "[session][envelope]") {
  Primary merging = primary_of({}, {{"user", "user@example.com"}, {"team", "user@example.com"}});
  merging.rules.merges_copies = true;
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "info", "bob"});
  host->rewritten = {"info@example.com"};
  for (const Primary& primary : {merging, discarding()}) {
    const auto snapshot = snapshot_of(primary);
    snapshot->host = host;
    CHECK(edits_with(snapshot, {"<user@example.org>", "<info@example.com>"}) == "nothing");
    CHECK(edits_with(snapshot, {"<team>", "<user@example.org>"}) == "nothing");
    const std::string alone = "ADD <user@example.com> DEL <user@example.org> ";
    CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.com>"}) == alone);
    CHECK(edits_with(snapshot, {"<postmaster>", "<user@example.org>"}, "local") == alone);
  }
  const auto snapshot = snapshot_of(primary_of({}, {{"user", "user@example.com"}}));
  snapshot->host = host;
  CHECK(edits_with(snapshot, {"<user@example.org>", "<info@example.com>", "<team>"}) != "nothing");
}

TEST_CASE("no hop is saved if this host may send another recipient of the message to the primary",
          "[session][savings]") {
  const Mode mode = GENERATE(Mode::rewrite, Mode::observe);
  const auto snapshot = snapshot_of(primary_of({}, {{"user", "user@example.com"}}), mode);
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "info", "bob"});
  host->rewritten = {"info@example.com"};
  snapshot->host = host;
  const auto hops_beside = [&](std::string_view other) {
    Session s = session_of(snapshot);
    s.mail({});
    s.rcpt({"<user@example.org>", {}, {"relay"}, "Postfix 3.7.11"});
    s.rcpt({other, {}, {"local"}, "Postfix 3.7.11"});
    auto outcome = s.data();
    if (!outcome) outcome = s.end_of_message();
    credit_savings(*outcome);
    return outcome->reports.front().hops_saved + outcome->reports.front().hops_observed;
  };
  CHECK(hops_beside("<bob@example.com>") == 2);
  CHECK(hops_beside("<info@example.com>") == 0);
}

TEST_CASE("relays with the same primary: what one relay file says about the primary holds for the other",
          "[session][envelope]") {
  auto snapshot = snapshot_of(primary_of({}, {{"user", "user@example.com"}}));
  add_relay(*snapshot, discarding(), {"192.0.2.1"});
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
  host->rewritten = {"info@example.com"};
  snapshot->host = host;
  const std::string alone = "ADD <user@example.com> DEL <user@example.org> ";
  CHECK(edits_with(snapshot, {"<user@example.org>", "<x@example.net>"}) == alone);
  CHECK(edits_with(snapshot, {"<user@example.org>", "<x@example.net>", "<info@example.com>"}) == "nothing");
}

TEST_CASE("a recipient that is kept because of a recipient outside all relays is reported", "[session][envelope]") {
  Primary merging = primary_of({}, {{"user", "user@example.com"}});
  merging.rules.merges_copies = true;
  Session s = session_of(snapshot_of(merging));
  s.mail({});
  for (const char* argument : {"<user@example.org>", "<user%example.org@example.com>"}) {
    s.rcpt({argument, {}, {"relay"}, "Postfix 3.7.11"});
  }
  const auto outcome = s.data();
  REQUIRE(outcome);
  CHECK(outcome->may_go_anywhere);
  REQUIRE(outcome->reports.size() == 1);
  CHECK(outcome->reports.front().decision->reason == Reason::not_followed);
}

TEST_CASE("this host merges copies of recipients that come back in one transaction", "[session][envelope]") {
  const auto snapshot = snapshot_of(
      primary_of({{"user@example.org", "user@example.com"}, {"mixed@example.org", "user@example.com, x@example.net"}},
                 {{"program", "user@example.com, |/bin/cat"}, {"ann", "ann@example.com"}, {"olga", ":include:/list"}}));
  Relay relay = *snapshot->relay_by_domain.at("example.org");
  (GENERATE(true, false) ? relay.copies_merge_here : relay.primary.rules.loses_orcpt) = true;
  snapshot->relay_by_domain["example.org"] = std::make_shared<const Relay>(relay);
  const std::string alone = "ADD <user@example.com> DEL <user@example.org> ";
  CHECK(edits_with(snapshot, {"<user@example.org>", "<mixed@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<user@example.org>", "<x!user@example.org>"}) == "nothing");
  // local(8) of the primary sends what it forwards as a separate message.
  for (const char* other : {"<program@example.org>", "<nobody@example.org>", "<olga@example.org>"}) {
    INFO(other);
    CHECK(edits_with(snapshot, {"<user@example.org>", other}) == alone);
  }
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "ann", "info"});
  host->rewritten = {"info@example.com"};
  snapshot->host = host;
  CHECK(edits_with(snapshot, {"<user@example.org>", "<info@example.com>"}) == "nothing");
}

TEST_CASE("FACTS, duplicates: behind a content filter, two recipients may be one alias of local(8)",
          "[session][envelope]") {
  Primary primary = primary_of({{"one@example.org", "desk@example.org"}, {"two@example.org", "desk@example.org, ann"}},
                               {{"desk", "user@example.com"}});
  const std::vector<std::string_view> both = {"<one@example.org>", "<two@example.org>"};
  CHECK(edits_with(snapshot_of(primary), both) == "ADD <user@example.com> DEL <one@example.org> ");
  primary.address_tables.filter.sees_mapped = true;
  CHECK(edits_with(snapshot_of(primary), both) == "nothing");
  primary.address_tables.filter.sees_mapped = false;
  primary.rules.filters_by_rule = true;
  CHECK(edits_with(snapshot_of(primary), both) == "nothing");
}

TEST_CASE("a recipient that is kept because of another one in mode observe has the reason not-followed",
          "[session][envelope]") {
  Primary merging = primary_of({}, {{"user", "user@example.com"}, {"team", "user@example.com"}});
  merging.rules.merges_copies = true;
  const auto snapshot = snapshot_of(merging);
  Relay relay = *snapshot->relay_by_domain.at("example.org");
  relay.rewrite_only = {"user@example.org"};
  snapshot->relay_by_domain["example.org"] = std::make_shared<const Relay>(relay);
  Session s = session_of(snapshot);
  s.mail({});
  for (const char* argument : {"<user@example.org>", "<team@example.org>"}) {
    s.rcpt({argument, {}, {"relay"}, "Postfix 3.7.11"});
  }
  const auto outcome = s.data();
  REQUIRE(outcome);
  REQUIRE(outcome->reports.size() == 2);
  CHECK(outcome->reports.front().decision->verdict == Verdict::keep);
  CHECK(outcome->reports.front().decision->reason == Reason::not_followed);
}

TEST_CASE("FACTS, duplicates: recipients with one ORCPT and NOTIFY share a copy that comes back",
          "[session][envelope]") {
  const auto snapshot = snapshot_of(
      primary_of({{"user@example.org", "user@example.com"}, {"mixed@example.org", "user@example.com, x@example.net"}},
                 {{"local", "user@example.com, x@example.net"}}));
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "info"});
  host->rewritten = {"info@example.com"};
  snapshot->host = host;
  using Parameters = std::vector<std::string_view>;
  const auto edits_beside = [&](std::string_view other, const Parameters& of_other, const Parameters& of_user) {
    Session s = session_of(snapshot);
    s.mail({});
    s.rcpt({"<user@example.org>", of_user, {"relay"}, "Postfix 3.7.11"});
    s.rcpt({other, of_other, {other.ends_with(".org>") ? "relay" : "local"}, "Postfix 3.7.11"});
    return s.data() ? "nothing" : in_words(s.end_of_message().edits);
  };
  const Parameters team = {"ORCPT=rfc822;team@example.edu"};
  const Parameters never = {"ORCPT=rfc822;team@example.edu", "NOTIFY=NEVER"};
  const std::string alone = "ADD <user@example.com> DEL <user@example.org> ";
  CHECK(edits_beside("<mixed@example.org>", team, team) == "nothing");
  CHECK(edits_beside("<mixed@example.org>", {"ORCPT=rfc822;user@example.org"}, {}) == "nothing");
  CHECK(edits_beside("<mixed@example.org>", {"ORCPT=rfc822;+75ser+40example.org"}, {}) == "nothing");
  CHECK(edits_beside("<info@example.com>", {"ORCPT=rfc822;+74eam@example.edu"}, team) == "nothing");
  CHECK(edits_beside("<info@example.com>", team, team) == "nothing");
  // Without ORCPT, Postfix uses the address as written, even if it cannot be parsed here.
  CHECK(edits_beside("<mixed@example.org.>", {}, {"ORCPT=rfc822;Mixed@example.org."}) == "nothing");
  CHECK(edits_beside("<mixed@example.org.>", {}, {"ORCPT=rfc822;mixed@example.org"}) == alone);
  CHECK(edits_beside("<mi\xffxed@example.org.>", {}, {"ORCPT=rfc822;mi+FFxed@example.org."}) == "nothing");
  CHECK(edits_beside("<mi\xffxed@example.org.>", {}, {}) == alone);
  // Postfix accepts xtext in lower case, which is not passed on: it may stand for any ORCPT.
  for (const char* other : {"<mixed@example.org>", "<info@example.com>"}) {
    CHECK(edits_beside(other, {"ORCPT=rfc822;tea+6d@example.edu"}, team) == "nothing");
    CHECK(edits_beside(other, {"ORCPT=rfc822;tea+6d@example.edu"}, {}) == "nothing");
  }
  CHECK(edits_beside("<bob@example.com>", {"ORCPT=rfc822;tea+6d@example.edu"}, team) == alone);
  CHECK(edits_beside("<mixed@example.org>", team, never) == alone);
  CHECK(edits_beside("<mixed@example.org>", {"ORCPT=rfc822;team@example.edu", "NOTIFY=SUCCESS"}, never) == "nothing");
  CHECK(edits_beside("<mixed@example.org>", {"ORCPT=rfc822;other@example.edu"}, team) == alone);
  CHECK(edits_beside("<mixed@example.org>", {}, {}) == alone);
  CHECK(edits_beside("<local@example.org>", team, team) == alone);
  CHECK(edits_beside("<nobody@example.org>", team, team) == alone);
  CHECK(edits_beside("<info@example.com>", {}, {}) == alone);
}

TEST_CASE("a domain without a relay file may have the same primary", "[session][envelope]") {
  const auto snapshot = snapshot_of(discarding());
  snapshot->relays = {snapshot->relay_by_domain.at("example.org")};
  const auto edits_beside = [&](std::string_view next_hop) {
    Session s = session_of(snapshot);
    s.mail({});
    s.rcpt({"<user@example.org>", {}, {.mailer = "relay", .next_hop = "example.org"}, "Postfix 3.7.11"});
    s.rcpt({"<ann@example.edu>", {}, {.mailer = "relay", .next_hop = next_hop}, "Postfix 3.7.11"});
    return s.data() ? "nothing" : in_words(s.end_of_message().edits);
  };
  for (const char* hop : {"[mail.example.org]", "mail.example.org.", "[192.0.2.1]:25", "[192.0.2.9], [192.0.2.1]"}) {
    INFO(hop);
    CHECK(edits_beside(hop) == "nothing");
  }
  CHECK(edits_beside("example.edu") != "nothing");
  CHECK(edits_beside("[192.0.2.2]") != "nothing");
}

TEST_CASE(
    "FACTS, Sendmail: where copies merge here, an alias of this host may lead to the mailbox of another recipient",
    "[session][envelope]") {
  const Primary primary = primary_of({{"user@example.org", "user@example.com"},
                                      {"office@example.org", "bob@example.com"},
                                      {"mixed@example.org", "bob@example.com, ann@example.net"},
                                      {"far@example.org", "ann@example.com, ann@example.net"}},
                                     {{"forwarded", "bob@example.com, |/bin/cat"}});
  auto snapshot = snapshot_of(primary);
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->copies_merge_here = true;
  snapshot->relay_by_domain["example.org"] = relay;
  CHECK(edits_with(snapshot, {"<user@example.org>", "<mixed@example.org>"}) != "nothing");
  auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "ann", "bob"});
  host->aliased = {"bob@example.com"};
  snapshot->host = host;
  CHECK(edits_with(snapshot, {"<user@example.org>", "<mixed@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<office@example.org>", "<far@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<user@example.org>", "<far@example.org>"}) != "nothing");
  CHECK(edits_with(snapshot, {"<user@example.org>", "<office@example.org>"}) != "nothing");
  CHECK(edits_with(snapshot, {"<user@example.org>", "<forwarded@example.org>"}) != "nothing");  // another message
}

TEST_CASE("relays with the same primary: its access(5) DISCARD concerns recipients of both", "[session][envelope]") {
  auto snapshot = snapshot_of(discarding());
  add_relay(*snapshot, primary_of({}, {{"user", "user@example.com"}}), {"192.0.2.1", "2001:db8::1"});
  CHECK(edits_with(snapshot, {"<user@example.net>", "<ann@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<user@example.net>", "<user@example.org>"}) != "nothing");
  add_relay(*snapshot, primary_of({}, {{"user", "user@example.com"}}), {"192.0.2.2"});
  CHECK(edits_with(snapshot, {"<user@example.net>", "<ann@example.org>"}).starts_with("ADD <user@example.com>"));
}

TEST_CASE("relays with the same primary: the primary merges copies for recipients of both", "[session][envelope]") {
  Primary merging = primary_of({}, {{"user", "user@example.com"}, {"program", "user@example.com, |/bin/cat"}});
  merging.rules.merges_copies = true;
  auto snapshot = snapshot_of(merging);
  for (const bool says_it_merges : {true, false}) {
    Primary other = primary_of({}, {{"program", "user@example.com, |/bin/cat"}});
    other.rules.merges_copies = says_it_merges;
    add_relay(*snapshot, std::move(other), {"192.0.2.1"});
    CHECK(edits_with(snapshot, {"<user@example.org>", "<program@example.net>"}) == "nothing");
  }
  add_relay(*snapshot, merging, {"192.0.2.2"});
  CHECK(edits_with(snapshot, {"<user@example.org>", "<program@example.net>"}) != "nothing");
}

}  // namespace shorthop::test
