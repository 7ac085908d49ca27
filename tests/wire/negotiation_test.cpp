// What the daemon requests from an MTA, and what it does if the MTA does not offer all of it.
#include <libmilter/mfdef.h>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

constexpr std::uint32_t steps_without_use =
    bits(SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN);
constexpr std::uint32_t replies_without_use = bits(SMFIP_NR_MAIL | SMFIP_NR_RCPT);
constexpr std::uint32_t add_rcpt = 0x04;      // SMFIF_ADDRCPT
constexpr std::uint32_t del_rcpt = 0x08;      // SMFIF_DELRCPT
constexpr std::uint32_t add_rcpt_par = 0x80;  // SMFIF_ADDRCPT_PAR
constexpr std::uint32_t set_macros = 0x100;   // SMFIF_SETSYMLIST

const Lines rewritten_plain = {"add-plain <user@example.com>", "delete <user@example.org>"};

Lines edits_of(FakeMta& mta, const Message& message) {
  mta.greet();
  const Treatment treatment = mta.send(message);
  mta.quit();  // fails on any reply that was negotiated away
  return treatment.lines();
}

}  // namespace

TEST_CASE("only RCPT, DATA and end of message are requested, and MAIL for its SIZE", "[wire][negotiation]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  const std::uint32_t steps = mta.negotiated().steps;
  CHECK((steps & steps_without_use) == steps_without_use);
  CHECK((steps & bits(SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NOMAIL)) == 0);
  CHECK((steps & replies_without_use) == replies_without_use);
  CHECK((steps & bits(SMFIP_NR_DATA)) == 0);   // a message without edits is accepted at DATA
  CHECK((steps & bits(SMFIP_RCPT_REJ)) == 0);  // recipients rejected by the MTA are not wanted
  CHECK(mta.negotiated().version == 6);
}

TEST_CASE("only the actions that edit recipients are requested", "[wire][negotiation]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  CHECK((mta.negotiated().actions & (add_rcpt | del_rcpt | add_rcpt_par)) == (add_rcpt | del_rcpt | add_rcpt_par));
  CHECK((mta.negotiated().actions & ~(add_rcpt | del_rcpt | add_rcpt_par | set_macros)) == 0);
}

TEST_CASE("the macros of the route and of the client are requested at RCPT", "[wire][negotiation]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  REQUIRE(mta.negotiated().macros.contains(Stage::rcpt));
  const std::string asked = " " + mta.negotiated().macros.at(Stage::rcpt) + " ";
  for (const std::string name : {"{rcpt_mailer}", "{rcpt_host}", "{client_addr}", "{client_name}", "i", "v"}) {
    INFO(name);
    CHECK(asked.find(" " + name + " ") != std::string::npos);
  }
}

TEST_CASE("no reply is sent to MAIL and RCPT if the MTA does not wait for one", "[wire][negotiation]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  CHECK_FALSE(mta.connect());
  CHECK_FALSE(mta.helo());
  CHECK_FALSE(mta.mail({"<sender@example.net>"}));
  CHECK_FALSE(mta.rcpt(relayed("<user@example.org>")));
  CHECK(mta.wire().quiet_for(std::chrono::milliseconds(100)));
  CHECK(mta.data()->code == SMFIR_CONTINUE);
  CHECK(mta.end_of_message().code != SMFIR_TEMPFAIL);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("an MTA that waits for replies to MAIL and RCPT gets them", "[wire][negotiation]") {
  DaemonProcess daemon;
  Offer offer;
  offer.steps &= ~replies_without_use;
  FakeMta mta(daemon.socket(), offer);
  mta.greet();
  CHECK(mta.mail({"<sender@example.net>"})->code == SMFIR_CONTINUE);
  CHECK(mta.rcpt(relayed("<user@example.org>"))->code == SMFIR_CONTINUE);
  CHECK(mta.data()->code == SMFIR_CONTINUE);
  mta.end_of_message();
  CHECK(mta.edits().size() == 2);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("MTAs of the older protocol versions get the same edits", "[wire][negotiation]") {
  const auto version = GENERATE(2U, 3U, 4U);
  INFO("protocol version " << version);
  DaemonProcess daemon;
  FakeMta mta(daemon.socket(), Offer::of_version(version));
  CHECK(mta.negotiated().version == version);
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == rewritten_plain);  // without ADDRCPT_PAR
}

TEST_CASE("an MTA with only the steps of the first protocol version is served", "[wire][negotiation]") {
  DaemonProcess daemon;
  Offer offer;
  offer.version = 2;
  offer.actions = 0x3f;  // SMFI_V2_ACTS
  offer.steps = 0x3f;    // SMFI_V1_PROT: no SMFIP_NOEOH, no SMFIP_NO_UNKNOWN, no SMFIP_NODATA
  FakeMta mta(daemon.socket(), offer);
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == rewritten_plain);
}

TEST_CASE("an MTA that does not offer to add or to delete recipients is left alone, with one log line",
          "[wire][negotiation]") {
  const auto missing = GENERATE(values<std::uint32_t>({add_rcpt, del_rcpt, add_rcpt | del_rcpt | add_rcpt_par}));
  INFO("actions not offered: " << missing);
  DaemonProcess daemon;
  Offer offer;
  offer.actions &= ~missing;
  FakeMta mta(daemon.socket(), offer);
  mta.greet();
  for (int i = 0; i < 3; ++i) CHECK(mta.send(to({relayed("<user@example.org>")})).edits.empty());
  CHECK_NOTHROW(mta.quit());
  CHECK_FALSE(daemon.wait_for_log("does not offer").empty());
  CHECK(daemon.count_in_log("does not offer") == 1);
}

TEST_CASE("an MTA that offers no action, or only one of the two needed, gets no edit", "[wire][negotiation]") {
  const auto offered = GENERATE(values<std::uint32_t>({0, add_rcpt, del_rcpt, set_macros}));
  INFO("actions offered: " << offered);
  DaemonProcess daemon;
  Offer offer;
  offer.actions = offered;
  FakeMta mta(daemon.socket(), offer);
  CHECK((mta.negotiated().actions & ~offered) == 0);
  mta.greet();
  for (int i = 0; i < 3; ++i) CHECK(mta.send(to({relayed("<user@example.org>")})).edits.empty());
  CHECK_NOTHROW(mta.quit());
  CHECK_FALSE(daemon.wait_for_log("does not offer").empty());
  CHECK(daemon.count_in_log("does not offer") == 1);
}

TEST_CASE("an MTA that offers only the actions of the first protocol version gets plain additions",
          "[wire][negotiation]") {
  DaemonProcess daemon;
  Offer offer;
  offer.actions = 0x0f;  // SMFI_V1_ACTS, which libmilter also substitutes for no actions
  FakeMta mta(daemon.socket(), offer);
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == rewritten_plain);
}

TEST_CASE("an MTA that cannot omit any step is not asked to, and is served", "[wire][negotiation]") {
  DaemonProcess daemon;
  Offer offer;
  offer.steps = 0;
  FakeMta mta(daemon.socket(), offer);
  CHECK(mta.negotiated().steps == 0);
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == user_rewritten);
}

TEST_CASE("an MTA without ADDRCPT_PAR gets plain additions", "[wire][negotiation]") {
  DaemonProcess daemon;
  Offer offer;
  offer.actions &= ~add_rcpt_par;
  FakeMta mta(daemon.socket(), offer);
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == rewritten_plain);
}

TEST_CASE("Sendmail gets plain additions: it silently drops an addition with a bad parameter", "[wire][negotiation]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  mta.macros["v"] = "8.17.1";
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == rewritten_plain);
}

TEST_CASE("without ADDRCPT_PAR a recipient with NOTIFY is kept, because NOTIFY would be lost", "[wire][negotiation]") {
  DaemonProcess daemon;
  const bool sendmail = GENERATE(false, true);
  Offer offer;
  if (!sendmail) offer.actions &= ~add_rcpt_par;
  FakeMta mta(daemon.socket(), offer);
  if (sendmail) mta.macros["v"] = "8.17.1";
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>", {"NOTIFY=NEVER"})})).edits.empty());
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == rewritten_plain);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("an MTA without SETSYMLIST is served: missing macros count as unknown", "[wire][negotiation]") {
  DaemonProcess daemon;
  Offer offer;
  offer.actions &= ~set_macros;
  FakeMta mta(daemon.socket(), offer);
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == user_rewritten);
}

TEST_CASE("the daemon serves a TCP socket like a UNIX socket", "[wire][negotiation]") {
  Setup setup;
  setup.inet = true;
  DaemonProcess daemon(setup);
  FakeMta mta(daemon.socket());
  CHECK(edits_of(mta, to({relayed("<user@example.org>")})) == user_rewritten);
}
