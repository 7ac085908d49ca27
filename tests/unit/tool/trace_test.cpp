// shorthop trace: the story of one message, by message-id or queue ID, with the decision replayed.
#include <sysexits.h>

#include "support/catch.h"
#include "unit/tool/log_text.h"
#include "unit/tool/world.h"

using namespace shorthop::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* usual_story =
    "<1@example.net>\n"
    "  2026-11-28T10:00:00Z  AAAA1: came from client.example.net[192.0.2.100], from <sender@example.net>, 2.0 kB\n"
    "      <user@example.org>, mail.example.org[192.0.2.10]: sent (250 2.0.0 Ok: queued as 5AAA)\n"
    "  2026-11-28T10:00:02Z  AAAA2: came back from mail.example.org[192.0.2.10], from <sender@example.net>, 2.3 kB\n"
    "      <user@example.com>, local: sent (delivered to mailbox)\n"
    "  round trip: user@example.org -> user@example.com, 4.3 kB both ways, 3.0 s\n";

}  // namespace

TEST_CASE("trace: the round trip of DESIGN 1, by message-id and by either queue ID", "[tool][discover][trace]") {
  const std::string log = enters(0, "CCCC1", client, "<2@example.net>") + usual_trip();
  for (const char* id : {"<1@example.net>", "1@example.net", "AAAA1", "AAAA2"}) {
    CAPTURE(id);
    const Ran ran = run({"trace", id, "-"}, log);
    CHECK(ran.status == EX_OK);
    CHECK(ran.output == usual_story + std::string("\n"));
  }
}

TEST_CASE("trace replays the decision with alias data", "[tool][discover][trace]") {
  const World world;
  const Ran ran = world.tool({"trace", "AAAA1", "-"}, usual_trip());
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output,
             StartsWith(usual_story) &&
                 ContainsSubstring("\nnow decided: user@example.org: rewrite all-local\n  to user@example.com\n"));
  CHECK_FALSE(ran.output.contains("now decided: user@example.com"));  // no milter decides about what came back
}

TEST_CASE("trace shows deferrals, filters, verdicts, and what shorthopd logged", "[tool][discover][trace]") {
  const std::string log =
      enters(0, "AAAA1", client, "<1@x>") +
      line(0, "shorthopd",
           "AAAA1: recipient=<user@example.org> decision=keep reason=stale steps=0 hops_saved=0 size=0") +
      delivered(1, "AAAA1", "postfix/smtp", "<user@example.org>, orig_to=<info@example.org>", "none",
                "deferred (connect to mail.example.org: timed out)") +
      enters(2, "AAAA2", "localhost[127.0.0.1]", "<1@x>") + line(2, "opendmarc", "AAAA2: example.net fail") +
      delivered(3, "AAAA1", "postfix/smtp", "<user@example.org>", "127.0.0.1[127.0.0.1]:10024") + removed(3, "AAAA1") +
      stored(4, "AAAA2", "<user@example.org>");
  CHECK_THAT(run({"trace", "1@x", "-"}, log).output,
             ContainsSubstring("      shorthopd: recipient=<user@example.org> decision=keep reason=stale") &&
                 ContainsSubstring("<user@example.org> for <info@example.org>, none: deferred (connect to") &&
                 ContainsSubstring("AAAA2: back from a filter, localhost[127.0.0.1]") &&
                 ContainsSubstring("      verdict: dmarc_fail\n") && ContainsSubstring("\n  no round trip\n"));
}

TEST_CASE("trace finds a message without a message-id and both uses of a queue ID, and exits 1 for an unknown one",
          "[tool][discover][trace]") {
  const std::string bare = line(0, "postfix/smtpd", "AAAA1: client=client.example.net[192.0.2.100]") +
                           line(0, "postfix/cleanup", "AAAA1: message-id=<>") +
                           stored(1, "AAAA1", "<user@example.com>");
  CHECK_THAT(run({"trace", "AAAA1", "-"}, bare).output, StartsWith("a message without a message-id\n"));
  const std::string twice =
      usual_trip() + enters(20, "AAAA1", client, "<3@x>") + stored(21, "AAAA1", "<user@example.com>");
  CHECK_THAT(run({"trace", "AAAA1", "-"}, twice).output, ContainsSubstring("\n\n<3@x>\n"));
  const Ran none = run({"trace", "DDDD1", "-"}, usual_trip());
  CHECK(none.status == 1);
  CHECK_THAT(none.errors, ContainsSubstring("no message DDDD1 in 10 lines of Postfix"));
  CHECK(run({"trace"}).status == EX_USAGE);
}

TEST_CASE(
    "trace finds a message by its whole message-id, whatever its brackets, spaces and length, but not by a part of it",
    "[tool][discover][trace]") {
  const auto found = [](const std::string& in_log, const std::string& asked) {
    return run({"trace", asked, "-"}, enters(0, "AAAA1", client, in_log) + stored(1, "AAAA1", "<user@example.com>"))
               .status == EX_OK;
  };
  CHECK(found("1@x", "<1@x>"));
  CHECK(found("<1@x", "1@x"));
  CHECK(found("<1 2@x>", "<1 2@x>"));
  const std::string longest = "<" + std::string(1500, 'a') + "@x>";
  CHECK(found(longest, longest));
  CHECK(found("<>", "AAAA1"));
  CHECK_FALSE(found("<>", ""));
  CHECK_FALSE(found("<>", "<>"));
  CHECK_FALSE(found("<1@x>", ".*"));
  CHECK_FALSE(found("<1@x>", "AAA"));
}

TEST_CASE("trace shows the results of predictions, which are logged after the queue file is gone",
          "[tool][discover][trace]") {
  const std::string result = "prediction=confirmed reason=all-local to=<user@example.com> came_for=<user@example.com>";
  const std::string log =
      usual_trip() +
      line(4, "shorthopd", "AAAA1: recipient=<user@example.org> " + result + " returned_as=AAAA2 seconds=2");
  CHECK_THAT(run({"trace", "AAAA1", "-"}, log).output,
             ContainsSubstring("      shorthopd: recipient=<user@example.org> " + result) &&
                 ContainsSubstring("round trip: user@example.org -> user@example.com"));
}

TEST_CASE("trace --json: the same as an object for each message", "[tool][discover][trace]") {
  const std::string story =
      R"j({"message_id":"<1@example.net>","queue_files":[{"queue_id":"AAAA1","arrived":"2026-11-28T10:00:00Z",)j"
      R"j("entry":"received","client":"client.example.net","client_address":"192.0.2.100",)j"
      R"j("sender":"sender@example.net","size":2000,"shorthopd":[],"deliveries":[{"to":"user@example.org",)j"
      R"j("received_for":"user@example.org","relay":"mail.example.org","relay_address":"192.0.2.10",)j"
      R"j("time":"2026-11-28T10:00:01Z","status":"sent (250 2.0.0 Ok: queued as 5AAA)"}],"verdicts":[]},)j"
      R"j({"queue_id":"AAAA2","arrived":"2026-11-28T10:00:02Z","entry":"came_back","client":"mail.example.org",)j"
      R"j("client_address":"192.0.2.10","sender":"sender@example.net","size":2300,"shorthopd":[],)j"
      R"j("deliveries":[{"to":"user@example.com","received_for":"user@example.com","relay":"local",)j"
      R"j("relay_address":"","time":"2026-11-28T10:00:03Z","status":"sent (delivered to mailbox)"}],"verdicts":[]}],)j"
      R"j("round_trips":[{"original":"user@example.org","final":["user@example.com"],)j"
      R"j("next_hop":"mail.example.org","arrived":"2026-11-28T10:00:00Z","delivered":"2026-11-28T10:00:03Z",)j"
      R"j("seconds":3,"bytes":4300,"certain":true}],"now_decided":[)j";
  CHECK(run({"trace", "--json", "AAAA1", "-"}, usual_trip()).output == story + "]}\n");
  const Ran ran = World().tool({"trace", "--json", "AAAA1", "-"}, usual_trip());
  CHECK_THAT(ran.output,
             StartsWith(story + R"j({"recipient":"user@example.org","decision":"rewrite","reason":"all-local",)j"
                                R"j("to":["user@example.com"],)j"));
}

TEST_CASE("trace: what the log contains cannot change the terminal", "[tool][discover][trace]") {
  const std::string log = enters(0, "AAAA1", client, "<1@x>") + stored(1, "AAAA1", "<\x1b[2J\xff@example.com>");
  const Ran ran = run({"trace", "1@x", "-"}, log);
  CHECK_THAT(ran.output, ContainsSubstring("<\\x1b[2J\\xff@example.com>"));
}
