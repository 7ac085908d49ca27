// shorthop discover as a command: its output forms, alias data, hostile and damaged logs, exit statuses.
#include <sysexits.h>

#include "support/catch.h"
#include "unit/tool/log_text.h"
#include "unit/tool/world.h"

using namespace shorthop::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// The log of two round trips for aliases of the World: shorthop would rewrite one, and keep the other.
std::string two_trips() {
  return usual_trip() + enters(10, "BBBB1", client, "<2@example.net>") + relayed(11, "BBBB1", "<abroad@example.org>") +
         enters(12, "BBBB2", primary, "<2@example.net>") + stored(13, "BBBB2", "<user@example.com>");
}

}  // namespace

TEST_CASE("discover works without any settings", "[tool][discover]") {
  const Ran ran = run({"discover", "-"}, usual_trip());
  CHECK(ran.errors.empty());
  CHECK(ran.status == EX_OK);
  CHECK(ran.output ==
        " times      bytes    mean time  original -> final\n"
        "     1     4.3 kB        3.0 s  user@example.org -> user@example.com\n"
        "1 of 1 recipient relayed to other hosts came back, in 1 message\n"
        "they cost 2 SMTP transactions and 4.3 kB; mail came 3.0 s later on average\n"
        "read 10 lines, 10 of Postfix, from 2026-11-28T10:00:00Z to 2026-11-28T10:00:03Z\n");
}

TEST_CASE("discover decides by the alias data of this host", "[tool][discover]") {
  const World world;
  const Ran ran = world.tool({"discover", "-"}, two_trips());
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output, ContainsSubstring("user@example.org -> user@example.com\n"
                                           "                                rewrite all-local\n"));
  CHECK_THAT(ran.output, ContainsSubstring("keep foreign-target"));
  CHECK_THAT(ran.output, ContainsSubstring("shorthop saves 2 of these transactions and 4.3 kB, for 1 of 2 recipients\n"
                                           "  not saved: 1 recipient, foreign-target\n"));
}

TEST_CASE("discover --json: an object for each pair, and a summary", "[tool][discover]") {
  const World world;
  const Ran ran = world.tool({"discover", "--json", "-"}, usual_trip());
  CHECK(
      ran.output ==
      R"({"original":"user@example.org","final":["user@example.com"],"next_hop":"mail.example.org","times":1,)"
      R"("bytes":4300,"without_size":0,"seconds":3,"slowest_seconds":3,"first":"2026-11-28T10:00:00Z",)"
      R"("last":"2026-11-28T10:00:00Z","certain":true,"decision":"rewrite","reason":"all-local","detail":"",)"
      R"("to":["user@example.com"]})"
      "\n"
      R"({"summary":{"lines":10,"lines_of_postfix":10,"lines_not_understood":0,"lines_cut":0,)"
      R"("from":"2026-11-28T10:00:00Z","to":"2026-11-28T10:00:03Z","relayed":1,"messages":1,"round_trips":1,)"
      R"("seconds":3,"cost":{"transactions":2,"hops":2,"bytes":4300,"without_size":0},"alias_data":true,"saved_round_trips":1,)"
      R"("saved":{"transactions":2,"hops":2,"bytes":4300,"without_size":0},"missed":{},"on_the_way_back":{"refused":0,"spam":0,)"
      R"("spf_fail":0,"dkim_fail":0,"dmarc_fail":0},"cut_short":0,"not_listed":0}})"
      "\n");
}

TEST_CASE("discover --suggest prints, as virtual(5), the aliases that shorthop would not rewrite", "[tool][discover]") {
  const World world;
  const Ran ran = world.tool({"discover", "--suggest", "-"}, two_trips());
  CHECK_THAT(ran.output, ContainsSubstring("\nabroad@example.org  user@example.com\n"));
  CHECK_FALSE(ran.output.contains("\nuser@example.org"));
}

TEST_CASE("discover: an alias has a row for each decision, so that the rows add up", "[tool][discover]") {
  const World world;
  const std::string submitted = line(20, "postfix/pickup", "CCCC1: uid=0 from=<root>") +
                                line(20, "postfix/cleanup", "CCCC1: message-id=<3@x>") +
                                relayed(21, "CCCC1", "<user@example.org>") + enters(22, "CCCC2", primary, "<3@x>") +
                                stored(23, "CCCC2", "<user@example.com>");
  const Ran ran = world.tool({"discover", "--json", "-"}, usual_trip() + submitted);
  CHECK_THAT(ran.output, ContainsSubstring(R"("certain":true,"decision":"rewrite")") &&
                             ContainsSubstring(R"("certain":true,"decision":"unseen")"));
  CHECK_FALSE(ran.output.contains(R"("times":2)"));
}

TEST_CASE("discover --suggest: an address that virtual(5) would misread is a comment", "[tool][discover]") {
  for (const char* odd : {"root evil@example.net@example.org", "#a@example.org", "  a@example.org", "a,b@example.org",
                          "\"a b\"@example.org", "|a@example.org"}) {
    CAPTURE(odd);
    const std::string log = enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", fmt::format("<{}>", odd)) +
                            enters(2, "AAAA2", primary, "<1@x>") + stored(3, "AAAA2", "<user@example.com>");
    CHECK_THAT(run({"discover", "--suggest", "-"}, log).output,
               ContainsSubstring(fmt::format("\n# not in the form of virtual(5): {}  user@example.com\n", odd)));
  }
}

TEST_CASE("discover: mail without a message-id counts as relayed", "[tool][discover]") {
  const std::string bare = line(0, "postfix/smtpd", "AAAA1: client=client.example.net[192.0.2.100]") +
                           line(0, "postfix/cleanup", "AAAA1: message-id=<>") +
                           relayed(1, "AAAA1", "<user@example.org>");
  CHECK_THAT(run({"discover", "-"}, bare).output, StartsWith("0 of 1 recipient relayed"));
}

TEST_CASE("discover --json: the seconds of rows, and of messages, add up to the seconds of the summary",
          "[tool][discover]") {
  std::string log;
  for (int number = 0; number < 3; ++number) {
    const std::string id = fmt::format("AAA{}", number);
    log += enters(0, id + "1", client, fmt::format("<{}@x>", number)) +
           relayed(0, id + "1", fmt::format("<a{}@example.org>", number)) +
           enters(0, id + "2", primary, fmt::format("<{}@x>", number)) + stored(0, id + "2", "<user@example.com>");
  }
  const std::string rows = run({"discover", "--json", "-"}, log).output;  // delay=0.1 on each of the two ways
  CHECK_THAT(rows, ContainsSubstring(R"("seconds":0.2,"slowest_seconds":0.2,)"));
  CHECK_THAT(rows, ContainsSubstring(R"("round_trips":3,"seconds":0.6,)"));
  CHECK_THAT(run({"discover", "--messages", "-"}, log).output, ContainsSubstring(R"("seconds":0.2,)"));
}

TEST_CASE("discover: mail that no milter sees is counted as unseen", "[tool][discover]") {
  const World world;
  const std::string submitted =
      line(0, "postfix/pickup", "AAAA1: uid=0 from=<root>") +
      line(0, "postfix/cleanup", "AAAA1: message-id=<1@example.net>") + relayed(1, "AAAA1", "<user@example.org>") +
      enters(2, "AAAA2", primary, "<1@example.net>") + stored(3, "AAAA2", "<user@example.com>");
  CHECK_THAT(world.tool({"discover", "-"}, submitted).output, ContainsSubstring("not saved: 1 recipient, unseen"));
}

TEST_CASE("discover: alias data that leads to another mailbox is reported, and saves nothing", "[tool][discover]") {
  const World world;
  world.write("aliases", "user: other@example.com\n");
  world.write("local-recipients", "user\nother\n");
  const Ran ran = world.tool({"discover", "-"}, usual_trip());
  CHECK_THAT(ran.output, ContainsSubstring("differs all-local: shorthop leads to other@example.com"));
  CHECK_THAT(ran.output, ContainsSubstring("not saved: 1 recipient, differs"));
  CHECK_THAT(world.tool({"discover", "--suggest", "-"}, usual_trip()).output,
             ContainsSubstring("\nuser@example.org  user@example.com\n"));
}

TEST_CASE("discover counts refusals and bad verdicts of filters on the way back", "[tool][discover]") {
  const std::string log =
      enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>") +
      enters(2, "AAAA2", primary, "<1@x>") + line(2, "opendmarc", "AAAA2: example.net fail") +
      line(2, "policyd-spf", "Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=192.0.2.10; helo=x;") +
      line(2, "spamd", "spamd: result: Y 9 - X mid=<1@x>,mid=<1@x>,autolearn=no") +
      stored(3, "AAAA2", "<user@example.com>") +
      line(4, "postfix/smtpd",
           "message repeated 3 times: [ NOQUEUE: reject: RCPT from mail.example.org[192.0.2.10]: 550 no]") +
      line(4, "postfix/smtpd", "NOQUEUE: reject: RCPT from client.example.net[192.0.2.100]: 550 no");
  CHECK_THAT(run({"discover", "--json", "-"}, log).output,
             ContainsSubstring(R"({"refused":3,"spam":1,"spf_fail":1,"dkim_fail":0,"dmarc_fail":1})"));
}

TEST_CASE("discover reads files in the order of time, packed or not, and goes on past bad ones", "[tool][discover]") {
  const World world;
  const std::string log = usual_trip();
  const std::size_t half = log.find('\n', log.size() / 2) + 1;
  world.write("a-late", log.substr(half));
  world.write("b-early", log.substr(0, half));
  world.write("garbage", "\x1f\x8b\x08 no gzip file");
  const Ran ran =
      run({"discover", world.file("a-late"), world.file("b-early"), world.file("garbage"), world.file("none")});
  CHECK(ran.status == EX_NOINPUT);
  CHECK_THAT(ran.output, ContainsSubstring("1 of 1 recipient"));
  CHECK_THAT(world.with_short_paths(ran.errors), ContainsSubstring("/…/none: error: no such file or directory"));
  CHECK_THAT(world.with_short_paths(ran.errors), ContainsSubstring("/…/garbage: warning: "));
}

TEST_CASE("discover reads a log that is named twice once, and reports logs that overlap", "[tool][discover]") {
  const World world;
  world.write("one", usual_trip());
  world.write("same", usual_trip() + enters(200, "BBBB1", client, "<2@x>"));
  const Ran twice = run({"discover", world.file("one"), world.file("one")});
  CHECK(twice.status == EX_OK);
  CHECK_THAT(twice.output, ContainsSubstring("1 of 1 recipient"));
  CHECK_THAT(twice.errors, ContainsSubstring("warning: it is named twice; it is read once"));
  world.write("other", usual_trip() + enters(300, "CCCC1", client, "<3@x>"));
  CHECK_THAT(run({"discover", world.file("same"), world.file("other")}).errors,
             ContainsSubstring("other: warning: it begins before ") || ContainsSubstring("same: warning: it begins"));
  world.write("next", enters(201, "DDDD1", client, "<4@x>"));
  CHECK(run({"discover", world.file("same"), world.file("next")}).errors.empty());
}

TEST_CASE("discover reports overlapping logs of a host, however many hosts there are", "[tool][discover]") {
  const World world;
  std::string of_many;
  for (int number = 0; number < 1000; ++number) {
    of_many +=
        fmt::format("2026-11-28T09:00:00+00:00 host{} postfix/smtpd[1]: connect from unknown[192.0.2.1]\n", number);
  }
  world.write("one", usual_trip() + enters(200, "BBBB1", client, "<2@x>") + of_many);
  world.write("other", usual_trip() + enters(300, "CCCC1", client, "<3@x>"));
  CHECK_THAT(run({"discover", world.file("one"), world.file("other")}).errors, ContainsSubstring("it begins before "));
}

TEST_CASE("discover: a tar archive is refused, and the message says to unpack it", "[tool][discover]") {
  const World world;
  std::string tar(512, '\0');
  tar.replace(257, 6, "ustar ");
  world.write("logs.tar", tar + usual_trip());
  const Ran ran = run({"discover", world.file("logs.tar")});
  CHECK(ran.status == EX_DATAERR);
  CHECK_THAT(ran.errors, ContainsSubstring("it is a tar archive (fix: unpack it, and name the files in it)"));
}

TEST_CASE("discover: any bytes give a result, in printable text and valid JSON", "[tool][discover]") {
  std::string log = usual_trip();
  for (int byte = 1; byte < 256; ++byte) {
    std::string name = "user";
    name += static_cast<char>(byte);
    log += enters(0, fmt::format("AB{:03X}1", byte), client, fmt::format("<{}@x>", byte)) +
           relayed(1, fmt::format("AB{:03X}1", byte), "<" + name + "@example.org>") +
           enters(2, fmt::format("AB{:03X}2", byte), primary, fmt::format("<{}@x>", byte)) +
           stored(3, fmt::format("AB{:03X}2", byte), "<" + name + "@example.com>");
  }
  log += std::string(200'000, 'x') + "\n" + std::string(1000, '\0') + "\n\xff\xfe\n";
  for (const char* form : {"--json", "--messages", "--suggest", "--html"}) {
    const Ran ran = run({"discover", form, "-"}, log);
    CAPTURE(form);
    CHECK(ran.status == EX_OK);
    CHECK(std::ranges::all_of(ran.output, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
  CHECK_THAT(run({"discover", "-"}, log).output, ContainsSubstring("too long, read in part: 1 line\n"));
}

TEST_CASE("discover: usage errors, and files that are not logs", "[tool][discover]") {
  CHECK(run({"discover"}).status == EX_USAGE);
  CHECK(run({"discover", "--json", "--html", "-"}).status == EX_USAGE);
  const Ran empty = run({"discover", "-"}, "no log\n");
  CHECK(empty.status == EX_DATAERR);
  CHECK_THAT(empty.errors,
             ContainsSubstring("standard input: warning: it has no line of Postfix (fix: name the mail log") &&
                 ContainsSubstring(", or use --journal)"));
  CHECK_THAT(empty.output, ContainsSubstring("0 of 0 recipients"));
}
