// shorthop resolve: the text and JSON of DESIGN 1 byte for byte, every exit status, and hostile input.
#include <sysexits.h>

#include <algorithm>

#include "support/catch.h"
#include "tool/resolve/line_input.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using shorthop::test::Ran;
using shorthop::test::World;

namespace {

const std::string golden_text =
    "user.lastname@example.org: rewrite all-local\n"
    "  to user@example.com\n"
    "  user.lastname@example.org -> user@example.org  [virtual-alias-maps text:/…/virtual:2]\n"
    "  user@example.org -> user@example.com  [alias-maps text:/…/aliases:1]\n"
    "  user@example.com: local-mailbox\n";

const std::string golden_json =
    R"({"recipient":"user.lastname@example.org","decision":"rewrite","reason":"all-local","to":["user@example.com"],)"
    R"("steps":[{"address":"user.lastname@example.org","by":"virtual-alias-maps","table":"text:/…/virtual","line":2,)"
    R"("to":["user@example.org"]},{"address":"user@example.org","by":"alias-maps","table":"text:/…/aliases","line":1,)"
    R"("to":["user@example.com"]}],"leaves":[{"kind":"local-mailbox","address":"user@example.com"}]})"
    "\n";

std::size_t lines_in(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

}  // namespace

TEST_CASE("DESIGN 1: user.lastname@example.org as text", "[tool][resolve]") {
  const World world;
  const Ran ran = world.tool({"resolve", "user.lastname@example.org"});
  CHECK(ran.status == EX_OK);
  CHECK(ran.errors.empty());
  CHECK(world.with_short_paths(ran.output) == golden_text);
}

TEST_CASE("DESIGN 5: user.lastname@example.org as JSON, fields in their order", "[tool][resolve]") {
  const World world;
  const Ran ran = world.tool({"resolve", "--json", "user.lastname@example.org"});
  CHECK(ran.status == EX_OK);
  CHECK(world.with_short_paths(ran.output) == golden_json);
}

TEST_CASE("angle brackets are read as in RCPT TO", "[tool][resolve]") {
  const World world;
  CHECK(world.tool({"resolve", "<user.lastname@example.org>"}).output ==
        world.tool({"resolve", "user.lastname@example.org"}).output);
}

TEST_CASE("in mode observe the decision is the same as in mode rewrite", "[tool][resolve]") {
  const World world;
  const Ran rewrite = world.tool({"resolve", "user@example.org"});
  world.write("shorthop.conf",
              "mode = observe\nlocal-domains = example.com\nlocal-recipients = text:local-recipients\n");
  CHECK(world.tool({"resolve", "user@example.org"}).output == rewrite.output);
  CHECK_THAT(rewrite.output, ContainsSubstring("rewrite all-local"));
}

TEST_CASE("several addresses: one block each, separated by an empty line", "[tool][resolve]") {
  const World world;
  const Ran ran = world.tool({"resolve", "user.lastname@example.org", "user.lastname@example.org"});
  CHECK(world.with_short_paths(ran.output) == golden_text + "\n" + golden_text);
  const Ran json = world.tool({"resolve", "--json", "user.lastname@example.org", "user.lastname@example.org"});
  CHECK(world.with_short_paths(json.output) == golden_json + golden_json);
}

TEST_CASE("-: one address per line on standard input, each answer ended by an empty line", "[tool][resolve]") {
  const World world;
  const Ran ran = world.tool({"resolve", "-"}, "user.lastname@example.org\nuser.lastname@example.org\n");
  CHECK(ran.status == EX_OK);
  CHECK(world.with_short_paths(ran.output) == golden_text + "\n" + golden_text + "\n");
}

TEST_CASE("-: blank lines, CR, spaces and a last line without its end are tolerated", "[tool][resolve]") {
  const World world;
  const Ran ran = world.tool({"resolve", "--json", "-"},
                             "\n  \r\nuser.lastname@example.org\r\n\t user.lastname@example.org \n\n\n"
                             "user.lastname@example.org");
  CHECK(ran.status == EX_OK);
  CHECK(world.with_short_paths(ran.output) == golden_json + golden_json + golden_json);
  CHECK(world.tool({"resolve", "-"}, "").status == EX_OK);
  CHECK(world.tool({"resolve", "-"}, "").output.empty());
}

TEST_CASE("-: thousands of lines, answered on several processors, keep their order", "[tool][resolve]") {
  const World world;
  std::string lines;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string address = "nobody" + std::to_string(i) + "@example.net";
    lines += i % 7 == 0 ? "user.lastname@example.org\n" : address + "\n";
    expected += i % 7 == 0 ? golden_text + "\n" : address + ": keep not-relayed\n\n";
  }
  const Ran ran = world.tool({"resolve", "-"}, lines);
  CHECK(ran.status == EX_OK);
  CHECK(world.with_short_paths(ran.output) == expected);
}

TEST_CASE("every text gets a decision: exit 0", "[tool][resolve]") {
  const World world;
  const Ran ran = world.tool({"resolve", "abroad@example.org", "user@example.net", "nobody@example.org", "no address",
                              "", "@example.org", "a@b@example.org", "<user@example.org"});
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output, ContainsSubstring("abroad@example.org: keep foreign-target") &&
                             ContainsSubstring("user@example.net: keep not-relayed") &&
                             ContainsSubstring("nobody@example.org: keep ") &&
                             ContainsSubstring("no\\x20address: keep invalid-address") &&
                             ContainsSubstring("\n: keep invalid-address") &&
                             ContainsSubstring("\\x3cuser@example.org: keep invalid-address"));
}

TEST_CASE("every line of hostile bytes on standard input gets one decision", "[tool][resolve]") {
  const World world;
  using namespace std::string_literals;
  const std::string odd = "us\0er@example.org\n"s + "\xff\xfe@example.org\n" + "user@\xc3\xa4.example.org\n" +
                          "\x1b[2J@example.org\n" + "\"a b\"@example.org\n" + std::string(1'000'000, 'a') + "\n" +
                          std::string(1'000, '@') + "\n" + "user.lastname@example.org\n";
  const Ran text = world.tool({"resolve", "-"}, odd);
  CHECK(text.status == EX_OK);
  CHECK_THAT(text.output, ContainsSubstring("us\\x00er@example.org: keep invalid-address") &&
                              ContainsSubstring("\\xff\\xfe@example.org: keep invalid-address") &&
                              ContainsSubstring("\\x1b[2J@example.org: keep ") &&
                              ContainsSubstring("keep invalid-address (longer than 65536 bytes)"));
  CHECK(std::ranges::all_of(text.output, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
  CHECK(text.output.size() < 10'000);

  const Ran json = world.tool({"resolve", "--json", "-"}, odd);
  CHECK(json.status == EX_OK);
  CHECK(lines_in(json.output) == 8);
  CHECK_THAT(json.output, StartsWith(R"({"recipient":"us\u0000er@example.org","decision":"keep",)"));
  CHECK(std::ranges::all_of(json.output, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
}

TEST_CASE("an unreadable line affects its key and no other", "[tool][resolve]") {
  const World world;
  world.write("aliases", "user: user@example.com\nlist: \"user\nuser2 user@example.com\n");
  const Ran ran = world.tool({"resolve", "user@example.org", "list@example.org", "user2@example.org"});
  CHECK(ran.status == EX_OK);
  CHECK(ran.errors.empty());
  CHECK_THAT(ran.output, ContainsSubstring("user@example.org: rewrite all-local") &&
                             ContainsSubstring("\nlist@example.org: keep ") &&
                             ContainsSubstring("\nuser2@example.org: keep "));
}

TEST_CASE("a missing table affects the recipients that it may decide", "[tool][resolve]") {
  const World world;
  world.remove("aliases");
  const Ran ran = world.tool({"resolve", "user@example.org"});
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output,
             StartsWith("user@example.org: keep not-mirrored (") && ContainsSubstring(world.file("aliases")));
}

TEST_CASE("missing settings: exit 66", "[tool][resolve]") {
  const World world;
  CHECK(shorthop::test::run({"resolve", "--config", world.file("none.conf"), "user@example.org"}).status == EX_NOINPUT);
}

TEST_CASE("bad configuration: exit 78, file and line on standard error", "[tool][resolve]") {
  const World world;
  world.write("shorthop.conf", "mode = rewrit\n");
  const Ran ran = world.tool({"resolve", "user@example.org"});
  CHECK(ran.status == EX_CONFIG);
  CHECK_THAT(ran.errors, ContainsSubstring(world.config() + ":1: error: "));
}

TEST_CASE("- must be the only argument: exit 64 before anything is read", "[tool][resolve]") {
  const Ran ran = shorthop::test::run({"resolve", "--config", "/nonexistent", "-", "user@example.org"});
  CHECK(ran.status == EX_USAGE);
}

TEST_CASE("resolve decides for a client that is not the primary, so it needs the primary's addresses",
          "[tool][resolve]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains = example.org\nprimary = nosuch.invalid\nvirtual-alias-maps = text:../virtual\n"
              "alias-maps = text:../aliases\nprimary-postconf = ../postconf-n\narrives-here = example.com\n");
  for (const auto& sender : {std::vector<std::string>(), {"--sender", "a@example.net"}}) {
    std::vector<std::string> words = {"resolve", "user@example.org"};
    words.insert(words.end(), sender.begin(), sender.end());
    const Ran ran = world.tool(words);
    CHECK(ran.status == EX_TEMPFAIL);
    CHECK_THAT(ran.output, StartsWith("user@example.org: keep lookup-failed (the addresses of the primary "));
  }
  CHECK_THAT(world.tool({"resolve", "--no-dns", "user@example.org"}).output, StartsWith("user@example.org: rewrite"));
}

TEST_CASE("cf/README: Sendmail does not expand \\user, and resolve sees the backslash as the daemon does",
          "[tool][resolve]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains = example.org\nprimary = 192.0.2.1\nprofile = sendmail\n"
              "alias-maps = text:../aliases\narrives-here = example.com\n");
  CHECK_THAT(world.tool({"resolve", "user@example.org"}).output, StartsWith("user@example.org: rewrite"));
  CHECK_THAT(world.tool({"resolve", "<\\user@example.org>"}).output, ContainsSubstring(": keep invalid-address"));
  CHECK_THAT(world.tool({"resolve", "-"}, "\\user@example.org\n").output, ContainsSubstring(": keep invalid-address"));
}
