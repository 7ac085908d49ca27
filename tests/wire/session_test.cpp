// Realistic SMTP sessions: several messages, RSET, commands out of order, and reloads in between.
#include <csignal>
#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

const Lines other_rewritten = {"add <other@example.com> ORCPT=rfc822;other@example.org", "delete <other@example.org>"};

Lines edits_at_end(FakeMta& mta) {
  mta.data();
  if (mta.done_with_message()) return {};
  mta.end_of_message();
  Treatment treatment;
  treatment.edits = mta.edits();
  return treatment.lines();
}

struct SessionFixture {
  DaemonProcess daemon;
  FakeMta mta{daemon.socket()};
  SessionFixture() { mta.greet(); }
};

}  // namespace

TEST_CASE_METHOD(SessionFixture, "each message of a session has an envelope of its own", "[wire][session]") {
  for (int i = 0; i < 3; ++i) {
    CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
    CHECK(mta.send(to({local("<third@example.com>")})).accepted_at_data);
    CHECK(mta.send(to({relayed("<other@example.org>")})).lines() == other_rewritten);
  }
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "after ABORT nothing of the message is left", "[wire][session]") {
  mta.mail({"<sender@example.net>"});
  mta.rcpt(relayed("<user@example.org>"));
  mta.abort();
  CHECK(mta.send(to({relayed("<other@example.org>")})).lines() == other_rewritten);
  mta.mail({"<sender@example.net>"});
  mta.rcpt(relayed("<user@example.org>"));
  mta.data();
  mta.abort();
  CHECK(mta.send(to({local("<third@example.com>")})).edits.empty());
  CHECK_NOTHROW(mta.quit());
  CHECK(daemon.count_in_log("recipient=<user@example.org>") == 0);  // these messages were aborted
}

TEST_CASE_METHOD(SessionFixture, "ABORT after a message that was accepted at DATA is harmless", "[wire][session]") {
  CHECK(mta.send(to({local("<third@example.com>")})).accepted_at_data);
  mta.abort();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  mta.abort();
  mta.abort();
  CHECK(mta.send(to({relayed("<other@example.org>")})).lines() == other_rewritten);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "a second MAIL without ABORT begins a new message", "[wire][session]") {
  mta.mail({"<sender@example.net>"});
  mta.rcpt(relayed("<user@example.org>"));
  mta.mail({"<sender@example.net>"});
  mta.rcpt(relayed("<other@example.org>"));
  CHECK(edits_at_end(mta) == other_rewritten);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "RCPT without MAIL does no harm to the next message", "[wire][session]") {
  mta.rcpt(relayed("<user@example.org>"));
  mta.abort();
  CHECK(mta.send(to({relayed("<other@example.org>")})).lines() == other_rewritten);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "QUIT in the middle of a message ends it without a log line", "[wire][session]") {
  mta.mail({"<sender@example.net>"});
  mta.rcpt(relayed("<user@example.org>"));
  CHECK_NOTHROW(mta.quit());
  FakeMta next(daemon.socket());
  next.greet();
  CHECK(next.send(to({relayed("<other@example.org>")})).lines() == other_rewritten);
  CHECK_NOTHROW(next.quit());
  daemon.wait_for_log("recipient=<other@example.org>");
  CHECK(daemon.count_in_log("recipient=<user@example.org>") == 0);
}

TEST_CASE_METHOD(SessionFixture, "after QUIT_NC the next client uses the same connection", "[wire][session]") {
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  mta.mail({"<sender@example.net>"});
  mta.rcpt(relayed("<user@example.org>"));
  mta.quit_new_connection();
  mta.macros["{client_addr}"] = "192.0.2.10";  // from here on the client is the primary
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).edits.empty());
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "the size in the log is the size of the message that the line is about",
                 "[wire][session][log]") {
  Message message = to({relayed("<user@example.org>")});
  message.sender = {"<sender@example.net>", "BODY=8BITMIME", "SIZE=4711"};
  mta.send(message);
  CHECK(daemon.wait_for_log("4XyZ1: recipient=<user@example.org>").find(" size=4711") != std::string::npos);
  message.sender = {"<>"};
  mta.send(message);
  const std::string line = daemon.wait_for_log("4XyZ2: recipient=<user@example.org>");
  CHECK_FALSE(line.empty());
  CHECK(line.find("4711") == std::string::npos);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("a message sees one snapshot from MAIL to its end; the next one sees the new snapshot",
          "[wire][session][reload]") {
  DaemonProcess daemon;
  Offer waiting_for_replies;  // a reply shows that the daemon has seen the event before the reload
  waiting_for_replies.steps = Offer::of_version(4).steps;
  FakeMta mta(daemon.socket(), waiting_for_replies);
  mta.greet();
  REQUIRE(mta.mail({"<sender@example.net>"}));
  REQUIRE(mta.rcpt(relayed("<user@example.org>")));
  daemon.write("aliases", "user: other@example.com\nother: third@example.com\n");
  REQUIRE(daemon.tool({"reload"}) == 0);
  mta.rcpt(relayed("<other@example.org>"));
  CHECK(edits_at_end(mta) == Lines{"add <user@example.com> ORCPT=rfc822;user@example.org",
                                   "add <other@example.com> ORCPT=rfc822;other@example.org",
                                   "delete <user@example.org>", "delete <other@example.org>"});
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() ==
        Lines{"add <other@example.com> ORCPT=rfc822;user@example.org", "delete <user@example.org>"});
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "a reload that fails keeps the old snapshot and says why", "[wire][session][reload]") {
  daemon.write("relay.d/example.org.conf", "domians = example.org\n");
  CHECK(daemon.tool({"reload"}) == 78);
  CHECK(read_text(daemon.file("tool-output")).find("relay.d/example.org.conf:1") != std::string::npos);
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "a table that became empty stops its relay until it has entries again",
                 "[wire][session][reload]") {
  daemon.write("aliases", "this line has no colon\n");
  CHECK(daemon.tool({"reload"}) == 65);
  CHECK_THAT(read_text(daemon.file("tool-output")),
             Catch::Matchers::ContainsSubstring("aliases has 0 entries, and had "));
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines().empty());
  daemon.write("aliases", "user: user@example.com\n");
  CHECK(daemon.tool({"reload"}) == 0);
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE_METHOD(SessionFixture, "SIGHUP reloads, and open sessions live on", "[wire][session][reload]") {
  daemon.write("aliases", "user: other@example.com\n");
  daemon.process().send_signal(SIGHUP);
  const Lines changed = {"add <other@example.com> ORCPT=rfc822;user@example.org", "delete <user@example.org>"};
  Lines last;
  for (int i = 0; i < 500 && last != changed; ++i) {
    last = mta.send(to({relayed("<user@example.org>")})).lines();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(last == changed);
  CHECK_NOTHROW(mta.quit());
  CHECK(daemon.process().is_running());
}

TEST_CASE_METHOD(SessionFixture, "SIGTERM stops cleanly and removes the socket", "[wire][session]") {
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_NOTHROW(mta.quit());
  CHECK(daemon.process().stop() == 0);
  CHECK_THROWS_AS(FakeMta(daemon.socket()), WireError);
}
