// From an envelope with decisions to the edits: FACTS, deletions; FACTS, duplicates.
#include "session/session.h"

#include <memory>

#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

struct Rcpt {
  std::string argument;
  std::vector<std::string_view> parameters = {};
  std::string_view mailer = "relay";
};

std::string shown(const std::vector<Edit>& edits) {
  std::string text;
  for (const Edit& edit : edits) {
    if (const auto* add = std::get_if<AddRecipient>(&edit)) {
      text += "ADD " + add->path + (add->parameters.empty() ? "" : " " + add->parameters) + "\n";
    } else {
      text += "DEL " + std::get<DeleteRecipient>(edit).text + "\n";
    }
  }
  return text;
}

std::shared_ptr<Snapshot> world(Mode mode = Mode::rewrite) {
  return snapshot_of(
      primary_of({{"user.lastname@example.org", "user@example.org"}}, {{"user", "user@example.com"},
                                                                       {"both", "user@example.com, ann@example.com"},
                                                                       {"away", "someone@example.net"}}),
      mode);
}

Session session(std::shared_ptr<const Snapshot> snapshot, MtaAbilities abilities = {}) {
  return Session(abilities, [snapshot] { return snapshot; },
                 {&std::chrono::system_clock::now, &std::chrono::steady_clock::now});
}

std::string edits_of(const std::vector<Rcpt>& recipients, std::string_view mta = "Postfix 3.7.11",
                     MtaAbilities abilities = {}) {
  Session s = session(world(), abilities);
  s.mail({});
  for (const auto& r : recipients) s.rcpt({r.argument, r.parameters, {r.mailer, {}, {}}, mta});
  if (auto early = s.data()) {
    CHECK(early->edits.empty());
    return "accepted at DATA\n";
  }
  return shown(s.end_of_message().edits);
}

EnvelopeRecipient recipient_of(std::string_view address, std::vector<std::string_view> targets) {
  EnvelopeRecipient recipient;
  recipient.argument = "<" + std::string(address) + ">";
  recipient.address = Address::parse(address).value();
  recipient.mode = Mode::rewrite;
  Decision decision;
  decision.verdict = targets.empty() ? Verdict::keep : Verdict::rewrite;
  decision.reason = targets.empty() ? Reason::not_relayed : Reason::all_local;
  for (const std::string_view target : targets) decision.to.push_back(Address::parse(target).value());
  recipient.decision = std::make_shared<const Decision>(std::move(decision));
  return recipient;
}

std::string edits_of_envelope(std::vector<EnvelopeRecipient> recipients) {
  return shown(edits_for({.recipients = std::move(recipients), .can_pass_parameters = false}));
}

}  // namespace

TEST_CASE("VERP_README: the sender of each copy contains its recipient, so the recipient is kept", "[session]") {
  for (const std::string_view parameter : {"XVERP", "xverp=+="}) {
    Session s = session(world());
    s.mail({"SIZE=1", parameter}, "<list@example.net>");
    s.rcpt({"<user@example.org>", {}, {"relay", {}, {}}, "Postfix 3.7.11"});
    CHECK(s.data()->reports.front().decision->detail.starts_with("XVERP"));
  }
}

TEST_CASE("DESIGN 2.3: the addition comes first, the deletion names the client's text", "[session]") {
  CHECK(edits_of({{"<User@Example.org>"}}) ==
        "ADD <user@example.com> ORCPT=rfc822;User@Example.org\n"
        "DEL <User@Example.org>\n");
}

TEST_CASE("SMTPUTF8_README: to Postfix a U-label and its A-label are different domains", "[session]") {
  // The recipient that stays is in another domain, whose mail may leave this host. So it does not replace the target.
  CHECK(edits_of_envelope({recipient_of("USER@b\u00fccher.example", {}),
                           recipient_of("a@example.org", {"user@xn--bcher-kva.example"})}) ==
        "ADD <user@xn--bcher-kva.example>\nDEL <a@example.org>\n");
  CHECK(edits_of_envelope({recipient_of("b@example.org", {"user@b\u00fccher.example"}),
                           recipient_of("a@example.org", {"user@xn--bcher-kva.example"})}) ==
        "ADD <user@b\u00fccher.example>\nADD <user@xn--bcher-kva.example>\nDEL <b@example.org>\nDEL <a@example.org>\n");
  CHECK(edits_of_envelope({recipient_of("USER@B\u00fccher.example", {}),
                           recipient_of("a@example.org", {"user@b\u00fccher.example"})}) ==
        "ADD <USER@B\u00fccher.example>\nDEL <a@example.org>\n");
}

TEST_CASE("RFC 6531: a non-ASCII target is added only in a session with SMTPUTF8", "[session]") {
  auto snapshot = snapshot_of(primary_of({}, {{"zoe", "Zo\u00eb@example.com"}}));
  snapshot->host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"zo\u00eb"});
  Session s = session(snapshot);
  s.mail({});
  s.rcpt({"<zoe@example.org>", {}, {"relay", {}, {}}, "Postfix 3.7.11"});
  const auto kept = s.data();
  REQUIRE(kept);
  CHECK(kept->reports.at(0).decision->reason == Reason::invalid_address);
  s.mail({"BODY=8BITMIME", "smtputf8"});
  s.rcpt({"<zoe@example.org>", {}, {"relay", {}, {}}, "Postfix 3.7.11"});
  CHECK_FALSE(s.data());
  CHECK(shown(s.end_of_message().edits) ==
        "ADD <Zo\u00eb@example.com> ORCPT=rfc822;zoe@example.org\nDEL <zoe@example.org>\n");
  s.mail({});  // the next message of the session decides again
  s.rcpt({"<zoe@example.org>", {}, {"relay", {}, {}}, "Postfix 3.7.11"});
  CHECK(s.data());
}

TEST_CASE("RFC 6533, 3: the ORCPT of a non-ASCII address is of type utf-8", "[session]") {
  Session s = session(snapshot_of(primary_of({}, {{"zo\u00eb", "ann@example.com"}})));
  s.mail({});
  s.rcpt({"<Zo\u00eb@example.org>", {}, {"relay", {}, {}}, "Postfix 3.7.11"});
  CHECK_FALSE(s.data());
  CHECK(shown(s.end_of_message().edits) ==
        "ADD <ann@example.com> ORCPT=utf-8;Zo+C3+AB@example.org\nDEL <Zo\u00eb@example.org>\n");
}

TEST_CASE("FACTS, deletions: the text omits a source route", "[session]") {
  CHECK(edits_of({{"<@a.example,@b.example:user@example.org>"}}) ==
        "ADD <user@example.com> ORCPT=rfc822;@a.example,@b.example:user@example.org\n"
        "DEL <user@example.org>\n");
}

TEST_CASE("FACTS, duplicates: one addition for two recipients with one target", "[session]") {
  CHECK(edits_of({{"<user@example.org>"}, {"<user.lastname@example.org>"}, {"<both@example.org>"}}) ==
        "ADD <user@example.com> ORCPT=rfc822;user@example.org\n"
        "ADD <ann@example.com> ORCPT=rfc822;both@example.org\n"
        "DEL <user@example.org>\n"
        "DEL <user.lastname@example.org>\n"
        "DEL <both@example.org>\n");
}

TEST_CASE("FACTS, earlier milters: a target that is a recipient already is added with the client's parameters",
          "[session]") {
  const auto addition_beside = [](const std::string& argument, std::vector<std::string_view> parameters = {}) {
    const std::string edits = edits_of({{"<user@example.org>"}, {argument, std::move(parameters), "local"}});
    const std::string deletion = "\nDEL <user@example.org>\n";
    REQUIRE(edits.ends_with(deletion));
    return edits.substr(0, edits.size() - deletion.size());
  };
  CHECK(addition_beside("<user@example.com>") == "ADD <user@example.com> ORCPT=rfc822;user@example.com");
  CHECK(addition_beside("<USER@example.com>") == "ADD <USER@example.com> ORCPT=rfc822;USER@example.com");
  CHECK(addition_beside("user@Example.com") == "ADD <user@Example.com> ORCPT=rfc822;user@Example.com");
  CHECK(addition_beside("<\"user\"@example.com>") == "ADD <user@example.com> ORCPT=rfc822;\"user\"@example.com");
  CHECK(addition_beside("<@a.example:user@example.com>") ==
        "ADD <user@example.com> ORCPT=rfc822;@a.example:user@example.com");
  CHECK(addition_beside("<user@example.com>", {"ORCPT=rfc822;x+2By@example.net"}) ==
        "ADD <user@example.com> ORCPT=rfc822;x+2By@example.net");
  CHECK(addition_beside("<user@example.com>", {"notify=delay,failure"}) ==
        "ADD <user@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;user@example.com");
  CHECK(edits_of({{"<user@example.org>"}, {"<user@example.com>", {}, "local"}}, "8.17.1") ==
        "ADD <user@example.com>\nDEL <user@example.org>\n");
  // Two recipients with this address stay, and only one of them reports enough.
  CHECK(edits_of({{"<user@example.com>", {"NOTIFY=NEVER"}, "local"},
                  {"<USER@example.com>", {}, "local"},
                  {"<user.lastname@example.org>"}}) ==
        "ADD <USER@example.com> ORCPT=rfc822;USER@example.com\nDEL <user.lastname@example.org>\n");
}

TEST_CASE("RFC 3461, 4.1: NOTIFY is passed on, and merged for one target", "[session]") {
  CHECK(edits_of({{"<user@example.org>", {"NOTIFY=NEVER"}}}) ==
        "ADD <user@example.com> NOTIFY=NEVER ORCPT=rfc822;user@example.org\n"
        "DEL <user@example.org>\n");
  CHECK(edits_of({{"<user@example.org>", {"NOTIFY=NEVER"}},
                  {"<user.lastname@example.org>", {"NOTIFY=success,failure", "ORCPT=rfc822;a+2Bb@example.net"}}}) ==
        "ADD <user@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@example.net\n"
        "DEL <user@example.org>\n"
        "DEL <user.lastname@example.org>\n");
  CHECK(edits_of({{"<user@example.org>", {"ORCPT=rfc822;a+2Bb@example.net"}}}) ==
        "ADD <user@example.com> ORCPT=rfc822;a+2Bb@example.net\n"
        "DEL <user@example.org>\n");
}

TEST_CASE("RFC 3461: a recipient that stays covers the addition only if it reports at least as much", "[session]") {
  CHECK(edits_of({{"<user@example.org>", {"NOTIFY=NEVER"}}, {"<user@example.com>"}}) ==
        "ADD <user@example.com> ORCPT=rfc822;user@example.com\n"
        "DEL <user@example.org>\n");
  CHECK(edits_of({{"<user@example.org>", {"NOTIFY=SUCCESS"}}, {"<user@example.com>"}}) ==
        "ADD <user@example.com> NOTIFY=SUCCESS ORCPT=rfc822;user@example.org\n"
        "DEL <user@example.org>\n");
}

TEST_CASE(
    "FACTS, deletions: a deletion may also remove a recipient that cannot be parsed, whose reports must not be lost",
    "[session]") {
  CHECK(edits_of({{"<user@example.org(x)>"}, {"<user@example.org>", {"NOTIFY=NEVER"}}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>"}, {"<user @example.org>", {"NOTIFY=SUCCESS"}}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org(x)>", {"NOTIFY=NEVER"}}, {"<user@example.org>"}}) ==
        "ADD <user@example.com> ORCPT=rfc822;user@example.org\n"
        "DEL <user@example.org>\n");
}

TEST_CASE("a parameter that cannot be passed on keeps the recipient, and others with the same text", "[session]") {
  CHECK(edits_of({{"<user@example.org>", {"NOTIFY=SOMETIMES"}}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>", {"XFOO=1"}}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>", {"ORCPT=rfc822;a b"}}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>"}, {"<USER@example.org>", {"NOTIFY=SOMETIMES"}}}) == "accepted at DATA\n");
}

TEST_CASE("FACTS, deletions: one deletion for a text given twice", "[session]") {
  CHECK(edits_of({{"<user@example.org>"}, {"<user@example.org>"}}) ==
        "ADD <user@example.com> ORCPT=rfc822;user@example.org\n"
        "DEL <user@example.org>\n");
}

TEST_CASE("FACTS, deletions: an address is never both added and deleted", "[session]") {
  Envelope envelope;
  envelope.recipients = {recipient_of("a@example.org", {"B@example.org"}),
                         recipient_of("b@example.org", {"c@example.com"}),
                         recipient_of("d@example.org", {"a@example.org"})};
  enforce_envelope_rules(envelope);
  CHECK(shown(edits_for(envelope)) == "ADD <c@example.com> ORCPT=rfc822;b@example.org\nDEL <b@example.org>\n");
}

TEST_CASE("DESIGN 2.8: a message without replacements is accepted at DATA", "[session]") {
  CHECK(edits_of({{"<away@example.org>"}, {"<user@example.net>"}}) == "accepted at DATA\n");
  CHECK(edits_of({}) == "accepted at DATA\n");
}

TEST_CASE("FACTS, macros: a recipient that the MTA does not relay is kept", "[session]") {
  CHECK(edits_of({{"<user@example.org>", {}, "local"}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>", {}, "error"}}) == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>", {}, "smtp-slow"}}).starts_with("ADD "));
  CHECK(edits_of({{"<user@example.org>", {}, ""}}) == "accepted at DATA\n");
}

TEST_CASE("FACTS, Sendmail: no parameters with an addition, and NOTIFY keeps the recipient", "[session]") {
  CHECK(edits_of({{"<user@example.org>"}}, "8.17.1") == "ADD <user@example.com>\nDEL <user@example.org>\n");
  CHECK(edits_of({{"<user@example.org>", {"NOTIFY=NEVER"}}}, "8.17.1") == "accepted at DATA\n");
  CHECK(edits_of({{"<user@example.org>"}}, "", {.adds_parameters = false}) ==
        "ADD <user@example.com>\nDEL <user@example.org>\n");
}

TEST_CASE("FACTS, macros: mail from sendmail(1) has no {rcpt_mailer}, and all its recipients are kept", "[session]") {
  Session s = session(world());
  s.mail({});
  s.rcpt({"user@example.org", {}, {}, "Postfix 3.7.11"});
  s.rcpt({"user@example.com", {}, {}, "Postfix 3.7.11"});
  const auto outcome = s.data();
  REQUIRE(outcome);
  CHECK(outcome->edits.empty());
  REQUIRE(outcome->reports.size() == 1);
  CHECK(outcome->reports[0].decision->reason == Reason::not_followed);
}

TEST_CASE("no edits are sent to an MTA that accepts none", "[session]") {
  CHECK(edits_of({{"<user@example.org>"}}, "", {.edits_recipients = false}) == "accepted at DATA\n");
}

TEST_CASE("DESIGN 2.6: a message sees the snapshot of its MAIL, the next message the new one", "[session]") {
  std::shared_ptr<const Snapshot> current = world();
  Session s({}, [&] { return current; }, {&std::chrono::system_clock::now, &std::chrono::steady_clock::now});
  s.mail({"SIZE=4711"});
  current = snapshot_of(primary_of({}, {}));
  s.rcpt({"<user@example.org>", {}, {"relay"}, {}});
  REQUIRE_FALSE(s.data());
  const Outcome outcome = s.end_of_message();
  CHECK(outcome.edits.size() == 2);
  CHECK(outcome.size == 4711);
  s.rcpt({"<user@example.org>", {}, {"relay"}, {}});
  const auto kept = s.data();
  REQUIRE(kept);
  REQUIRE(kept->reports.size() == 1);
  CHECK(kept->reports[0].decision->reason == Reason::primary_mailbox);
}

TEST_CASE("a declared size is counted only if a message can have it", "[session]") {
  for (const auto& [argument, size] :
       std::vector<std::pair<std::string_view, std::optional<std::uint64_t>>>{{"SIZE=4711", 4711},
                                                                              {"SIZE=1099511627776", 1099511627776},
                                                                              {"SIZE=1099511627777", std::nullopt},
                                                                              {"SIZE=18446744073709551615", {}}}) {
    Session s = session(world());
    s.mail({argument});
    s.rcpt({"<user@example.org>", {}, {"relay"}, {}});
    CHECK(s.end_of_message().size == size);
  }
}

TEST_CASE("RSET and a new MAIL forget the recipients", "[session]") {
  Session s = session(world());
  s.mail({});
  s.rcpt({"<user@example.org>", {}, {"relay"}, {}});
  s.abort();
  s.mail({});
  CHECK(s.data());
  s.rcpt({"<user@example.org>", {}, {"relay"}, {}});
  s.mail({});
  s.rcpt({"<away@example.org>", {}, {"relay"}, {}});
  CHECK(s.data());
}

TEST_CASE("DESIGN 2.10: observe mode decides but edits nothing", "[session]") {
  Session s = session(world(Mode::observe));
  s.mail({});
  s.rcpt({"<user@example.org>", {}, {"relay"}, {}});
  const auto outcome = s.data();
  REQUIRE(outcome);
  CHECK(outcome->edits.empty());
  REQUIRE(outcome->reports.size() == 1);
  CHECK(outcome->reports[0].decision->verdict == Verdict::rewrite);
  CHECK_FALSE(outcome->reports[0].applied);
}

namespace {

/// The edits for recipients of a primary with that profile.
std::string edits_by(Profile profile, const std::vector<Rcpt>& recipients, bool homes_known = true) {
  Primary primary = primary_of({}, {{"user", "user@example.com"},
                                    {"ann", "ann@example.com"},
                                    {"mixed", "User@Example.com, someone@example.net"},
                                    {"bob", "someone@example.net"},
                                    {"list", ":include:/etc/list, someone@example.net"}});
  primary.profile = profile;
  if (homes_known) primary.forwards = ForwardFiles{"/none/%u", std::make_shared<SystemFiles>()};
  Session s = session(snapshot_of(std::move(primary)));
  s.mail({});
  for (const auto& r : recipients) s.rcpt({r.argument, r.parameters, {r.mailer, {}, {}}, "8.17.1"});
  if (s.data()) return "accepted at DATA\n";
  return shown(s.end_of_message().edits);
}

}  // namespace

TEST_CASE("split: the part that stays at the primary must not merge with a recipient of the same address",
          "[session]") {
  auto snapshot = snapshot_of(primary_of({}, {{"mixed", "user@example.com, olga"}}), Mode::rewrite);
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->split = true;
  snapshot->relay_by_domain["example.org"] = relay;
  const auto edits = [&](const std::vector<std::string>& recipients) {
    Session s = session(snapshot);
    s.mail({});
    for (const std::string& recipient : recipients) s.rcpt({recipient, {}, {"relay", {}, {}}, "Postfix 3.7.11"});
    return s.data() ? "accepted at DATA\n" : shown(s.end_of_message().edits);
  };
  const std::string separate =
      "ADD <user@example.com> ORCPT=rfc822;mixed@example.org\nADD <olga@example.org> ORCPT=rfc822;mixed@example.org\n"
      "DEL <mixed@example.org>\n";
  CHECK(edits({"<mixed@example.org>"}) == separate);
  CHECK(edits({"<mixed@example.org>", "<Olga@example.org>"}) == "accepted at DATA\n");
  CHECK(edits({"<mixed@example.org>", "<other@example.org>"}) == separate);
}

TEST_CASE("split: a recipient that is kept because of another in mode observe has the reason not-followed",
          "[session]") {
  // An answer of a live table may change between two recipients: a part that was an end may now be an alias.
  const Relay relay;
  EnvelopeRecipient observed = recipient_of("olga@example.org", {"olga@example.com"});
  observed.mode = Mode::observe;
  EnvelopeRecipient mixed = recipient_of("mixed@example.org", {"user@example.com", "olga@example.org"});
  Decision split = *mixed.decision;
  split.reason = Reason::split;
  mixed.decision = std::make_shared<const Decision>(split);
  for (EnvelopeRecipient* recipient : {&observed, &mixed}) recipient->relay = &relay;
  Envelope envelope{.recipients = {observed, mixed}};
  enforce_envelope_rules(envelope);
  CHECK(envelope.recipients.back().decision->verdict == Verdict::keep);
  CHECK(envelope.recipients.back().decision->reason == Reason::not_followed);
}

TEST_CASE("Sendmail sends one copy to a target of two recipients: if one stays, so must the other", "[session]") {
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<mixed@example.org>"}}) == "accepted at DATA\n");
  CHECK(edits_by(Profile::sendmail, {{"<mixed@example.org>"}, {"<user@example.org>"}, {"<ann@example.org>"}}) ==
        "ADD <ann@example.com>\nDEL <ann@example.org>\n");
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<bob@example.org>"}}) ==
        "ADD <user@example.com>\nDEL <user@example.org>\n");
  CHECK(edits_by(Profile::postfix, {{"<user@example.org>"}, {"<mixed@example.org>"}}) ==
        "ADD <user@example.com>\nDEL <user@example.org>\n");
}

TEST_CASE("Sendmail, one copy: a recipient whose chain is not fully known may lead anywhere", "[session]") {
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<list@example.org>"}}) == "accepted at DATA\n");
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<user(x)@example.org>"}}) == "accepted at DATA\n");
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<ann@example.org>", {"NOTIFY=NEVER"}}}) ==
        "accepted at DATA\n");
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<nobody@example.org>"}}) ==
        "ADD <user@example.com>\nDEL <user@example.org>\n");
  CHECK(edits_by(Profile::sendmail, {{"<user@example.org>"}, {"<nobody@example.org>"}}, false) == "accepted at DATA\n");
}

}  // namespace shorthop::test
