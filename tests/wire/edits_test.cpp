// The edits at end of message with the tables of Setup, byte for byte, and messages that get no edits.
#include <libmilter/mfdef.h>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

/// Sends one message in a session of its own, and also checks that the edits lose nothing.
Treatment treatment_of(const DaemonProcess& daemon, const Message& message) {
  FakeMta mta(daemon.socket());
  mta.greet();
  const Treatment treatment = mta.send(message);
  mta.quit();
  CHECK(find_loss(envelope_of(message), treatment.edits, final_deliveries()).value_or("no loss") == "no loss");
  return treatment;
}

std::string last_of(const Lines& lines) { return lines.empty() ? "nothing" : lines.back(); }
std::string first_of(const Lines& lines) { return lines.empty() ? "nothing" : lines.front(); }

Lines edits_of(const DaemonProcess& daemon, const Message& message) { return treatment_of(daemon, message).lines(); }

}  // namespace

TEST_CASE("DESIGN 1: the two addresses of the example are replaced by the mailbox", "[wire][edits]") {
  DaemonProcess daemon;
  CHECK(edits_of(daemon, to({relayed("<user@example.org>")})) ==
        Lines{"add <user@example.com> ORCPT=rfc822;user@example.org", "delete <user@example.org>"});
  CHECK(edits_of(daemon, to({relayed("<user.lastname@example.org>")})) ==
        Lines{"add <user@example.com> ORCPT=rfc822;user.lastname@example.org", "delete <user.lastname@example.org>"});
}

TEST_CASE("all additions come before the first deletion", "[wire][edits]") {
  DaemonProcess daemon;
  CHECK(edits_of(daemon, to({relayed("<user@example.org>"), relayed("<other@example.org>"),
                             relayed("<abroad@example.org>"), relayed("<third@example.org>")})) ==
        Lines{"add <user@example.com> ORCPT=rfc822;user@example.org",
              "add <other@example.com> ORCPT=rfc822;other@example.org",
              "add <third@example.com> ORCPT=rfc822;third@example.org", "delete <user@example.org>",
              "delete <other@example.org>", "delete <third@example.org>"});
}

TEST_CASE("an alias of several local mailboxes is replaced by all of them", "[wire][edits]") {
  DaemonProcess daemon;
  CHECK(edits_of(daemon, to({relayed("<two@example.org>")})) ==
        Lines{"add <user@example.com> ORCPT=rfc822;two@example.org",
              "add <other@example.com> ORCPT=rfc822;two@example.org", "delete <two@example.org>"});
}

TEST_CASE("a deletion has the client's text byte for byte, without a source route", "[wire][edits]") {
  DaemonProcess daemon;
  CHECK(last_of(edits_of(daemon, to({relayed("<User@Example.ORG>")}))) == "delete <User@Example.ORG>");
  CHECK(last_of(edits_of(daemon, to({relayed("<user+box@example.org>")}))) == "delete <user+box@example.org>");
  CHECK(last_of(edits_of(daemon, to({relayed("<@a.example,@b.example:user@example.org>")}))) ==
        "delete <user@example.org>");
}

TEST_CASE("NOTIFY and ORCPT of the client are passed on with the addition", "[wire][edits][dsn]") {
  DaemonProcess daemon;
  CHECK(first_of(edits_of(daemon, to({relayed("<user@example.org>", {"NOTIFY=NEVER"})}))) ==
        "add <user@example.com> NOTIFY=NEVER ORCPT=rfc822;user@example.org");
  CHECK(first_of(edits_of(daemon, to({relayed("<user@example.org>", {"NOTIFY=SUCCESS,DELAY"})}))) ==
        "add <user@example.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;user@example.org");
  CHECK(first_of(edits_of(daemon, to({relayed("<user@example.org>", {"ORCPT=rfc822;first+2Blast@example.net"})}))) ==
        "add <user@example.com> ORCPT=rfc822;first+2Blast@example.net");
}

TEST_CASE("two recipients with one target get one addition, NOTIFY merged", "[wire][edits][dsn]") {
  DaemonProcess daemon;
  const Lines plain = edits_of(daemon, to({relayed("<user@example.org>"), relayed("<user.lastname@example.org>")}));
  CHECK(plain == Lines{"add <user@example.com> ORCPT=rfc822;user@example.org", "delete <user@example.org>",
                       "delete <user.lastname@example.org>"});
  const Lines merged = edits_of(daemon, to({relayed("<user@example.org>", {"NOTIFY=FAILURE"}),
                                            relayed("<user.lastname@example.org>", {"NOTIFY=SUCCESS"})}));
  CHECK(first_of(merged) == "add <user@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;user@example.org");
  CHECK(merged.size() == 3);
}

TEST_CASE("a recipient given twice is deleted once", "[wire][edits]") {
  DaemonProcess daemon;
  CHECK(edits_of(daemon, to({relayed("<user@example.org>"), relayed("<user@example.org>")})) ==
        Lines{"add <user@example.com> ORCPT=rfc822;user@example.org", "delete <user@example.org>"});
}

TEST_CASE("a target that is already a recipient is added with its own ORCPT, not with the ORCPT of the alias",
          "[wire][edits]") {
  DaemonProcess daemon;
  const Lines wanted = {"add <user@example.com> ORCPT=rfc822;user@example.com", "delete <user@example.org>"};
  CHECK(edits_of(daemon, to({local("<user@example.com>"), relayed("<user@example.org>")})) == wanted);
  CHECK(edits_of(daemon, to({relayed("<user@example.org>"), local("<user@example.com>")})) == wanted);
}

TEST_CASE("a target that is already a recipient is added with its own NOTIFY if that covers the alias's",
          "[wire][edits][dsn]") {
  DaemonProcess daemon;
  CHECK(edits_of(daemon, to({local("<user@example.com>", {"NOTIFY=SUCCESS,FAILURE,DELAY"}),
                             relayed("<user@example.org>", {"NOTIFY=SUCCESS"})})) ==
        Lines{"add <user@example.com> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;user@example.com",
              "delete <user@example.org>"});
  // Here the recipient's NOTIFY does not cover the alias's: the client wants no report for the mailbox, and one for the
  // alias. Then both requests stay, as without shorthop.
  FakeMta mta(daemon.socket());
  mta.greet();
  CHECK(mta.send(to({local("<user@example.com>", {"NOTIFY=NEVER"}), relayed("<user@example.org>", {"NOTIFY=SUCCESS"})}))
            .lines() ==
        Lines{"add <user@example.com> NOTIFY=SUCCESS ORCPT=rfc822;user@example.org", "delete <user@example.org>"});
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("a recipient that is given twice is not deleted if it is kept one of the two times", "[wire][edits]") {
  DaemonProcess daemon;
  Recipient not_relayed_here = relayed("<user@example.org>");
  not_relayed_here.macros["{rcpt_mailer}"] = "local";
  CHECK(edits_of(daemon, to({relayed("<user@example.org>"), not_relayed_here})).empty());
  CHECK(edits_of(daemon, to({relayed("<user@example.org>"), relayed("<user@example.org>", {"XODD=1"})})).empty());
}

TEST_CASE("recipients that are not wholly local are kept, each with its reason", "[wire][edits][reason]") {
  struct Case {
    std::string recipient;
    std::string reason;
  };
  const auto [recipient, reason] =
      GENERATE(Case{"abroad@example.org", "foreign-target"}, Case{"both@example.org", "foreign-target"},
               Case{"program@example.org", "command-target"}, Case{"gone@example.org", "local-unknown"});
  DaemonProcess daemon;
  const Treatment treatment = treatment_of(daemon, to({relayed("<" + recipient + ">")}));
  CHECK(treatment.edits.empty());
  CHECK(treatment.accepted_at_data);
  const std::string line = daemon.wait_for_log("recipient=<" + recipient + ">");
  CHECK(line.find("decision=keep reason=" + reason) != std::string::npos);
}

TEST_CASE("a message without a replaceable recipient is accepted at DATA", "[wire][edits]") {
  DaemonProcess daemon;
  const Treatment nothing_of_ours = treatment_of(daemon, to({local("<user@example.com>")}));
  CHECK(nothing_of_ours.accepted_at_data);
  CHECK(nothing_of_ours.verdict == SMFIR_ACCEPT);
  CHECK(daemon.count_in_log("recipient=") == 0);  // not-relayed is not logged
}

TEST_CASE("a recipient that the MTA would not relay is kept", "[wire][edits][reason]") {
  DaemonProcess daemon;
  const auto mailer = GENERATE(std::string("local"), std::string("error"), std::string("virtual"));
  Recipient recipient = relayed("<user@example.org>");
  recipient.macros["{rcpt_mailer}"] = mailer;
  CHECK(edits_of(daemon, to({recipient})).empty());
  CHECK_FALSE(daemon.wait_for_log("decision=keep reason=mta-not-relaying").empty());
}

TEST_CASE("a recipient without {rcpt_mailer} is kept: mail from sendmail(1) has none", "[wire][edits][reason]") {
  DaemonProcess daemon;
  CHECK(edits_of(daemon, to({{{"user@example.org"}, {}}})).empty());
  CHECK_FALSE(daemon.wait_for_log("decision=keep reason=not-followed").empty());
}

TEST_CASE("mail from the primary is left alone", "[wire][edits][reason]") {
  Setup setup;
  setup.primary = "192.0.2.10";
  DaemonProcess daemon(setup);
  FakeMta mta(daemon.socket());
  mta.macros["{client_addr}"] = "192.0.2.10";
  mta.macros["{client_name}"] = "mail.example.org";
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).edits.empty());
  CHECK_NOTHROW(mta.quit());
  CHECK_FALSE(daemon.wait_for_log("decision=keep reason=from-primary").empty());
}

TEST_CASE("the primary is recognised by its IPv4 address in every form, also if the MTA gives it only at CONNECT",
          "[wire][edits][reason]") {
  DaemonProcess daemon;
  Offer offer;
  const auto address = GENERATE(values<std::string>({"192.0.2.10", "IPv6:::ffff:192.0.2.10", "at CONNECT only"}));
  const bool at_connect_only = address == "at CONNECT only";
  if (at_connect_only) offer.actions &= ~0x100U;  // SMFIF_SETSYMLIST: only the MTA's default macros
  FakeMta mta(daemon.socket(), offer);
  if (at_connect_only)
    mta.connect("mail.example.org", "192.0.2.10");
  else
    mta.macros["{client_addr}"] = address;
  mta.helo();
  CHECK(mta.send(to({relayed("<user@example.org>")})).edits.empty());
  CHECK_NOTHROW(mta.quit());
  CHECK_FALSE(daemon.wait_for_log("decision=keep reason=from-primary").empty());
}

TEST_CASE("observe mode decides and logs, and edits nothing", "[wire][edits][reason]") {
  Setup setup;
  setup.mode = "observe";
  DaemonProcess daemon(setup);
  const Treatment treatment = treatment_of(daemon, to({relayed("<user@example.org>")}));
  CHECK(treatment.edits.empty());
  CHECK(treatment.verdict == 'a');  // accepted after its header, which a prediction needs (predictions_test.cpp)
  const std::string line = daemon.wait_for_log("recipient=<user@example.org>");
  CHECK(line.find("to=<user@example.com>") != std::string::npos);
}

TEST_CASE("a relay's own mode overrides the main one", "[wire][edits]") {
  Setup setup;
  setup.mode = "observe";
  setup.more_relay = "mode = rewrite\n";
  DaemonProcess daemon(setup);
  CHECK(edits_of(daemon, to({relayed("<user@example.org>")})).size() == 2);
}

TEST_CASE("the log line of a rewritten recipient is as documented", "[wire][edits][log]") {
  DaemonProcess daemon;
  treatment_of(daemon, to({relayed("<user.lastname@example.org>")}));
  const std::string line = daemon.wait_for_log("recipient=<user.lastname@example.org>");
  CHECK(line.find("4XyZ1: recipient=<user.lastname@example.org> decision=rewrite reason=all-local "
                  "to=<user@example.com> steps=2 hops_saved=2 size=10240") != std::string::npos);
}
