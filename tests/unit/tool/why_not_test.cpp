// shorthop resolve --why-not: each way in which a chain misses an address.
#include <sysexits.h>

#include "support/catch.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using shorthop::test::Ran;
using shorthop::test::World;

namespace {

std::string answer(const World& world, const std::string& recipient, const std::string& target) {
  const Ran ran = world.tool({"resolve", "--why-not", recipient, target});
  CHECK(ran.status == EX_OK);
  return world.with_short_paths(ran.output);
}

}  // namespace

TEST_CASE("why-not: the chain does end at the target", "[tool][resolve]") {
  const World world;
  CHECK_THAT(answer(world, "user@example.org", "USER@example.com"),
             ContainsSubstring("  it does: USER@example.com is one"));
}

TEST_CASE("why-not: the chain ends at the target, but another end keeps the recipient", "[tool][resolve]") {
  const World world;
  world.write("virtual", "mixed@example.org  user@example.com, ann@example.net\n");
  CHECK_THAT(answer(world, "mixed@example.org", "user@example.com"),
             ContainsSubstring("  but the recipient is kept because of ann@example.net: foreign-target"));
}

TEST_CASE("why-not: every end is a mailbox here, but something else keeps the recipient", "[tool][resolve]") {
  const World world;
  world.write("virtual", "SRS0=a=b=example.net=x@example.org  user@example.com\n");
  CHECK_THAT(answer(world, "SRS0=a=b=example.net=x@example.org", "user@example.com"),
             ContainsSubstring("  it does: user@example.com is one of its ends\n"
                               "  but the recipient is kept: not-followed ("));
}

TEST_CASE("why-not: an entry leads on from the target", "[tool][resolve]") {
  const World world;
  CHECK_THAT(answer(world, "user.lastname@example.org", "user@example.org"),
             StartsWith("why user.lastname@example.org does not end at user@example.org:\n"
                        "  the chain reaches user@example.org, and text:/…/aliases:1 leads on to user@example.com\n"
                        "user.lastname@example.org: rewrite all-local\n"));
}

TEST_CASE("why-not: no entry leads to the target, or an entry leads to a similar address", "[tool][resolve]") {
  const World world;
  CHECK_THAT(answer(world, "abroad@example.org", "dave@example.com"),
             ContainsSubstring("  no entry leads to dave@example.com; the chain ends elsewhere:\n"
                               "    someone@example.net: foreign-target, by text:/…/virtual:3\n"));
  CHECK_THAT(answer(world, "abroad@example.org", "someome@example.net"),
             ContainsSubstring("  someone@example.net is similar: is there a typing mistake in text:/…/virtual:3?\n"));
}

TEST_CASE("why-not: what follows an end is not known, or the chain is not followed", "[tool][resolve]") {
  const World world;
  CHECK_THAT(answer(world, "user@example.net", "user@example.com"),
             ContainsSubstring("  its chain is not followed: not-relayed (the domain is not a relay domain)\n"));
  world.remove("aliases");
  CHECK_THAT(answer(world, "user@example.org", "user@example.com"),
             ContainsSubstring("  what follows this end is not known here: user@example.org: not-mirrored"));
}

TEST_CASE("why-not: two addresses, and nothing else", "[tool][resolve]") {
  const World world;
  CHECK(world.tool({"resolve", "--why-not", "user@example.org"}).status == EX_USAGE);
  CHECK(world.tool({"resolve", "--why-not", "-", "user@example.org"}).status == EX_USAGE);
  const Ran wrong = world.tool({"resolve", "--why-not", "user@example.org", "no address"});
  CHECK(wrong.status == EX_USAGE);
  CHECK(wrong.errors == "shorthop: \"no address\" is not an address: missing '@' (fix: write user@domain)\n");
}
