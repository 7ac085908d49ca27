// Predictions by wire: mail goes to the primary and comes back, and the log and the counters say whether it came back
// as predicted.
#include <libmilter/mfdef.h>
#include <sys/resource.h>

#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/daemon_life.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

Setup observing(const std::string& more_main = "", const std::string& more_relay = "") {
  Setup setup;
  setup.mode = "observe";
  setup.more_main = "state = state\n" + more_main;
  setup.more_relay = more_relay;
  return setup;
}

/// What the primary adds to mail from this host.
const std::pair<std::string, std::string> primary_field = {
    "Received",
    "from mail.example.com (mail.example.com [192.0.2.20])\n\tby mail.example.org "
    "(Postfix) with ESMTP id 4AAA; Sat, 28 Nov 2026 14:00:00 +0000"};

/// The daemon, a connection with mail from a client, and one with mail from the primary.
struct RoundTrip {
  explicit RoundTrip(const Setup& setup = observing()) : daemon(setup), out(daemon.socket()), back(daemon.socket()) {
    out.macros["j"] = back.macros["j"] = "mail.example.com";
    back.macros["{client_addr}"] = "192.0.2.10";
    back.macros["{client_name}"] = "mail.example.org";
    out.greet();
    back.greet();
  }

  /// Sends mail from a client. Its queue ID is "4XyZ" and the number of the message.
  Treatment send(const std::string& recipient) {
    Message message = to({relayed(recipient)});
    message.header = {{"Message-ID", "<m" + std::to_string(++sent) + "@example.net>"}, {"Subject", "test"}};
    return out.send(message);
  }
  /// Sends the message back from the primary. `queue_id` is the queue ID that this host gave it on the way out.
  void come_back(const std::string& queue_id, const std::string& recipient, const Arguments& parameters = {}) {
    Message message = to({local(recipient, parameters)});
    message.header = {primary_field,
                      {"Received", "from client.example.net by mail.example.com (Postfix) with ESMTP id " + queue_id},
                      {"Subject", "test"}};
    back.send(message);
  }
  std::string status() const { return answer_to(daemon, "predictions"); }

  DaemonProcess daemon;
  FakeMta out;
  FakeMta back;
  int sent = 0;
};

}  // namespace

TEST_CASE("DESIGN 2.8: the header is requested only where predictions are checked", "[wire][predictions]") {
  constexpr std::uint32_t header = bits(SMFIP_NOHDRS | SMFIP_NOEOH);
  Setup setup;
  SECTION("observe") { setup.mode = "observe"; }
  SECTION("a control sample") { setup.more_relay = "control = 1%\n"; }
  SECTION("some recipients in observe mode") { setup.more_relay = "rewrite-only = user@example.org\n"; }
  SECTION("rewrite") {
    DaemonProcess daemon(setup);
    CHECK((FakeMta(daemon.socket()).negotiated().steps & header) == header);
    return;
  }
  DaemonProcess daemon(setup);
  FakeMta mta(daemon.socket());
  CHECK((mta.negotiated().steps & header) == 0);
  CHECK((mta.negotiated().steps & bits(SMFIP_NR_HDR)) != 0);  // no reply for each field
  CHECK((mta.negotiated().steps & bits(SMFIP_NOBODY)) != 0);
}

TEST_CASE_METHOD(RoundTrip, "the body of a message is never requested, its header only if it may matter",
                 "[wire][predictions]") {
  CHECK(out.send(to({local("<user@example.com>")})).accepted_at_data);
  CHECK(back.send(to({local("<user@example.com>")})).accepted_at_data);  // nothing is awaited from the primary
  CHECK_FALSE(send("<user@example.org>").accepted_at_data);
  CHECK(out.done_with_message());
  CHECK_FALSE(back.send(to({local("<user@example.com>")})).accepted_at_data);
}

TEST_CASE_METHOD(RoundTrip, "mail that comes back as predicted is logged and counted", "[wire][predictions]") {
  send("<user@example.org>");
  come_back("4XyZ1", "<user@example.com>");
  const std::string line = daemon.wait_for_log("prediction=confirmed");
  CHECK_THAT(line, Catch::Matchers::ContainsSubstring(
                       "4XyZ1: recipient=<user@example.org> prediction=confirmed reason=all-local "
                       "to=<user@example.com> came_for=<user@example.com> returned_as=4XyZ1 seconds="));
  CHECK(status() == "example.org\t1\t0\t0\t0\t0\t1\nexit 0\n");
}

TEST_CASE_METHOD(RoundTrip, "a refuted recipient is kept until its data changes", "[wire][predictions]") {
  send("<user@example.org>");
  come_back("4XyZ1", "<other@example.com>");
  REQUIRE_FALSE(daemon.wait_for_log("prediction=refuted").empty());
  CHECK(status() == "example.org\t0\t1\t0\t0\t1\t0\nexit 0\n");
  send("<user@example.org>");
  CHECK_FALSE(daemon.wait_for_log("4XyZ2: recipient=<user@example.org> decision=keep reason=refuted").empty());
  come_back("4XyZ2", "<other@example.com>");
  CHECK_FALSE(daemon.wait_for_log("4XyZ2: recipient=<user@example.org> prediction=missed reason=refuted").empty());

  daemon.write("aliases", "user: other@example.com\nother: other@example.com\n");
  REQUIRE(daemon.tool({"reload"}) == 0);
  send("<user@example.org>");
  CHECK_FALSE(daemon.wait_for_log("4XyZ3: recipient=<user@example.org> decision=rewrite").empty());
  CHECK(status() == "example.org\t0\t1\t0\t1\t0\t0\nexit 0\n");
}

TEST_CASE_METHOD(RoundTrip, "a refutation of older data is kept for newer data that predicts the same",
                 "[wire][predictions]") {
  const auto reload = [&](const std::string& aliases) {
    daemon.write("aliases", aliases);
    REQUIRE(daemon.tool({"reload"}) == 0);
  };
  send("<user@example.org>");
  send("<third@example.org>");
  reload("user: user@example.com\nthird: other@example.com\nnew: other@example.com\n");
  SECTION("the newer data is not refuted yet") {}
  SECTION("the newer data is refuted already") {
    send("<user@example.org>");
    come_back("4XyZ3", "<other@example.com>");
    REQUIRE_FALSE(daemon.wait_for_log("4XyZ3: recipient=<user@example.org> prediction=refuted").empty());
  }
  come_back("4XyZ1", "<other@example.com>");
  REQUIRE_FALSE(daemon.wait_for_log("4XyZ1: recipient=<user@example.org> prediction=refuted").empty());
  come_back("4XyZ2", "<other@example.com>");
  REQUIRE_FALSE(daemon.wait_for_log("4XyZ2: recipient=<third@example.org> prediction=refuted").empty());
  send("<user@example.org>");
  CHECK_FALSE(daemon.wait_for_log("recipient=<user@example.org> decision=keep reason=refuted").empty());
  send("<third@example.org>");  // the new data leads to the mailbox for which its mail came back
  CHECK_FALSE(
      daemon.wait_for_log("recipient=<third@example.org> decision=rewrite reason=all-local to=<other@").empty());
}

TEST_CASE_METHOD(RoundTrip, "a reload of the same data does not forget what was refuted", "[wire][predictions]") {
  send("<user@example.org>");
  come_back("4XyZ1", "<other@example.com>");
  REQUIRE_FALSE(daemon.wait_for_log("prediction=refuted").empty());
  REQUIRE(daemon.tool({"reload"}) == 0);
  send("<user@example.org>");
  CHECK_FALSE(daemon.wait_for_log("4XyZ2: recipient=<user@example.org> decision=keep reason=refuted").empty());
}

TEST_CASE_METHOD(RoundTrip, "`shorthop resolve` decides like the daemon about a refuted recipient",
                 "[wire][predictions]") {
  std::filesystem::create_directory(daemon.file("state"));
  send("<user@example.org>");
  come_back("4XyZ1", "<other@example.com>");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string said;
  while (said.find("keep refuted") == said.npos && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(daemon.tool({"resolve", "user@example.org"}) == 0);
    said = read_text(daemon.file("tool-output"));
  }
  CHECK_THAT(said, Catch::Matchers::ContainsSubstring(
                       "user@example.org: keep refuted (mail for it came back for other@example.com)"));
}

TEST_CASE_METHOD(RoundTrip, "mail that comes back for a kept recipient is missed", "[wire][predictions]") {
  send("<program@example.org>");
  come_back("4XyZ1", "<user@example.com>");
  CHECK_FALSE(daemon
                  .wait_for_log("4XyZ1: recipient=<program@example.org> prediction=missed reason=command-target "
                                "came_for=<user@example.com>")
                  .empty());
}

TEST_CASE_METHOD(RoundTrip, "ORCPT says which recipient of a message came back", "[wire][predictions]") {
  Message message = to({relayed("<user@example.org>"), relayed("<third@example.org>")});
  out.send(message);
  come_back("4XyZ1", "<other@example.com>", {"ORCPT=rfc822;third@example.org"});
  CHECK_FALSE(daemon.wait_for_log("recipient=<third@example.org> prediction=refuted").empty());
  come_back("4XyZ1", "<user@example.com>", {"ORCPT=rfc822;user@example.org"});
  CHECK_FALSE(daemon.wait_for_log("recipient=<user@example.org> prediction=confirmed").empty());
}

TEST_CASE_METHOD(RoundTrip, "nobody but the primary can confirm or refute", "[wire][predictions]") {
  send("<user@example.org>");
  back.macros["{client_addr}"] = "192.0.2.99";
  back.macros["{client_name}"] = "client.example.net";
  come_back("4XyZ1", "<other@example.com>");
  back.macros["{client_addr}"] = "192.0.2.10";
  come_back("4XyZ1", "<user@example.com>");
  CHECK_FALSE(daemon.wait_for_log("prediction=confirmed").empty());
  CHECK(status() == "example.org\t1\t0\t0\t0\t0\t1\nexit 0\n");
}

TEST_CASE_METHOD(RoundTrip,
                 "confirmations are counted only after the last refutation and the last change of a refuted alias",
                 "[wire][predictions]") {
  send("<third@example.org>");
  send("<user@example.org>");
  come_back("4XyZ2", "<other@example.com>");
  come_back("4XyZ1", "<third@example.com>");
  REQUIRE_FALSE(daemon.wait_for_log("prediction=confirmed").empty());
  CHECK(status() == "example.org\t1\t1\t0\t0\t1\t1\nexit 0\n");  // one since the refutation
  daemon.write("aliases", "user: user@example.com\nthird: third@example.com\nnew: other@example.com\n");
  REQUIRE(daemon.tool({"reload"}) == 0);
  CHECK(status() == "example.org\t1\t1\t0\t0\t0\t0\nexit 0\n");  // none yet: the changed alias may still be wrong
}

TEST_CASE("a prediction whose mail does not come back in time is open", "[wire][predictions]") {
  RoundTrip trip(observing("return-time = 1s\n"));
  trip.send("<user@example.org>");
  CHECK_FALSE(trip.daemon.wait_for_log("4XyZ1: recipient=<user@example.org> prediction=open").empty());
  CHECK(trip.status() == "example.org\t0\t0\t1\t0\t0\t0\nexit 0\n");
}

TEST_CASE("predictions, refuted recipients and totals survive a restart", "[wire][predictions]") {
  RoundTrip trip;
  std::filesystem::create_directory(trip.daemon.file("state"));
  trip.send("<user@example.org>");
  trip.send("<third@example.org>");
  trip.come_back("4XyZ1", "<other@example.com>");
  REQUIRE_FALSE(trip.daemon.wait_for_log("prediction=refuted").empty());
  REQUIRE(trip.daemon.process().stop() == 0);
  trip.daemon.start();
  FakeMta back(trip.daemon.socket());
  back.macros = trip.back.macros;
  back.greet();
  Message message = to({local("<third@example.com>")});
  message.header = {primary_field, {"Received", "by mail.example.com id 4XyZ2"}};
  back.send(message);
  CHECK_FALSE(trip.daemon.wait_for_log("4XyZ2: recipient=<third@example.org> prediction=confirmed").empty());
  CHECK(trip.status() == "example.org\t1\t1\t0\t0\t1\t1\nexit 0\n");
  back.macros["{client_addr}"] = "192.0.2.99";
  back.macros["{client_name}"] = "client.example.net";
  back.send(to({relayed("<user@example.org>")}));
  CHECK_FALSE(trip.daemon.wait_for_log("recipient=<user@example.org> decision=keep reason=refuted").empty());
  CHECK(trip.daemon.tool({"status"}) == 0);
  CHECK_THAT(read_text(trip.daemon.file("tool-output")),
             Catch::Matchers::ContainsSubstring("hops-observed            4"));
}

TEST_CASE_METHOD(RoundTrip, "the log and status say if a refutation cannot be saved", "[wire][predictions]") {
  send("<user@example.org>");
  come_back("4XyZ1", "<other@example.com>");
  const std::string why = daemon.file("state").string() + " is not a directory";
  CHECK_FALSE(daemon.wait_for_log("counts and refuted recipients will not survive a restart: " + why).empty());
  CHECK(daemon.tool({"status"}) == 0);
  CHECK_THAT(read_text(daemon.file("tool-output")),
             Catch::Matchers::ContainsSubstring("state-not-written        " + why));
}

TEST_CASE_METHOD(RoundTrip, "setrlimit(2): a file that would be too large is not written, and the daemon runs on",
                 "[wire][predictions]") {
  std::filesystem::create_directory(daemon.file("state"));
  const std::string status = answer_to(daemon, "status");
  const rlimit none{0, 0};
  REQUIRE(::prlimit(std::stoi(status.substr(status.find("process") + 7)), RLIMIT_FSIZE, &none, nullptr) == 0);
  send("<user@example.org>");
  come_back("4XyZ1", "<other@example.com>");
  for (int i = 0; i < 100 && answer_to(daemon, "state") == "exit 0\n"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(answer_to(daemon, "state") == daemon.file("state/totals").string() + ": file too large\nexit 0\n");
  CHECK(daemon.process().stop() == 0);
}

TEST_CASE_METHOD(RoundTrip,
                 "a forged Received field of this host, in mail that a client gave to the primary, refutes nothing",
                 "[wire][predictions]") {
  const std::string own = "from a (b [192.0.2.66]) by mail.example.com (Postfix) with ESMTP id 4XyZ1";
  const std::string from_client =
      "from evil (evil.example.net [192.0.2.66]) by mail.example.org (Postfix) with ESMTP id 4BBB";
  const std::string not_understood = "from evil by mail.example.org (Another MTA) with ESMTP id 4BBB";
  const std::string forged_name =
      "from x (mail.example.com [192.0.2.66] (may be forged)) by mail.example.org (8.17.1/8.17.1) with ESMTP id 4BBB";
  const auto come_for_other = [&](const std::vector<std::string>& received, const Arguments& parameters = {}) {
    Message message = to({local("<other@example.com>", parameters)});
    message.header = {{"Message-ID", "<m1@example.net>"}};
    for (const std::string& field : received) message.header.emplace_back("Received", field);
    back.send(message);
  };
  send("<user@example.org>");
  for (const std::string& written_by_primary : {from_client, not_understood, forged_name}) {
    come_for_other({written_by_primary}, {"ORCPT=rfc822;user@example.org"});  // it is recognised by its Message-ID
    come_for_other({written_by_primary, own}, {"ORCPT=rfc822;user@example.org"});
    come_for_other({written_by_primary, primary_field.second, own});
  }
  come_for_other({own});
  come_for_other({"by mail.example.org (Postfix) id 4CCC",
                  "from localhost (localhost [127.0.0.1]) by mail.example.org id 4", primary_field.second, own});
  CHECK_FALSE(daemon.wait_for_log("prediction=refuted").empty());
  CHECK(daemon.count_in_log("prediction=") == 1);
}

TEST_CASE("in mode rewrite a control sample goes to the primary and is compared", "[wire][predictions]") {
  Setup setup = observing("", "control = 100%\n");
  setup.mode = "rewrite";
  RoundTrip trip(setup);
  CHECK(trip.send("<user@example.org>").edits.empty());
  CHECK_FALSE(trip.daemon
                  .wait_for_log("decision=rewrite reason=all-local to=<user@example.com> steps=1 hops_saved=0 "
                                "size=10240 mode=control")
                  .empty());
  trip.come_back("4XyZ1", "<user@example.com>");
  CHECK_FALSE(trip.daemon.wait_for_log("prediction=confirmed").empty());
}

TEST_CASE("rewrite-only: all other recipients stay in observe mode", "[wire][predictions]") {
  Setup setup = observing("", "rewrite-only = user@example.org\n");
  setup.mode = "rewrite";
  RoundTrip trip(setup);
  CHECK(trip.send("<user+box@example.org>").edits.size() == 2);
  CHECK(trip.send("<third@example.org>").edits.empty());
  trip.come_back("4XyZ2", "<other@example.com>");
  CHECK_FALSE(trip.daemon.wait_for_log("4XyZ2: recipient=<third@example.org> prediction=refuted").empty());
}

TEST_CASE("predictions are checked with an MTA without the step DATA as well", "[wire][predictions]") {
  DaemonProcess daemon(observing());
  FakeMta out(daemon.socket(), Offer::of_version(2));
  FakeMta back(daemon.socket(), Offer::of_version(2));
  out.macros["j"] = back.macros["j"] = "mail.example.com";
  out.greet();
  back.macros["{client_addr}"] = "192.0.2.10";
  back.greet();
  out.send(to({relayed("<user@example.org>")}));
  Message message = to({local("<other@example.com>")});
  message.header = {primary_field, {"Received", "by mail.example.com id 4XyZ1"}};
  back.send(message);
  CHECK_FALSE(daemon.wait_for_log("prediction=refuted").empty());
}

TEST_CASE_METHOD(RoundTrip, "a client that gives up before the header leaves nothing behind", "[wire][predictions]") {
  out.mail({"<sender@example.net>"});
  out.rcpt(relayed("<user@example.org>"));
  out.data();
  out.abort();
  CHECK(send("<third@example.org>").edits.empty());
  REQUIRE(daemon.process().stop() == 0);
  CHECK(daemon.process().is_running() == false);
}

TEST_CASE_METHOD(RoundTrip, "a message that the MTA does not accept is neither counted nor awaited",
                 "[wire][predictions]") {
  out.mail({"<sender@example.net>"});
  out.rcpt(relayed("<user@example.org>"));
  out.data();  // and then it is too large, header_checks(5) refuse it, or the client goes away
  out.abort();
  CHECK_THAT(answer_to(daemon, "status"), Catch::Matchers::ContainsSubstring("messages                 0\n"));
  CHECK_THAT(answer_to(daemon, "status"), !Catch::Matchers::ContainsSubstring("all-local"));
}
