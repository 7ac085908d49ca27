// The profiles sendmail and flat: tests that case files cannot express (limits, failures). The tables are maps.
#include <fmt/format.h>

#include "primary/resolve.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

Primary primary_with(Profile profile, Entries virtual_aliases, Entries aliases) {
  Primary primary = primary_of(std::move(virtual_aliases), std::move(aliases));
  primary.profile = profile;
  return primary;
}

TableList failing_for(Entries entries, std::string key) {
  auto table = std::make_shared<MapTable>(std::move(entries));
  table->broken_key = std::move(key);
  return TableList({table});
}

std::string leaves_of(const Primary& primary, std::string_view recipient) {
  static const FixedHost host({"user", "ann", "bob"});
  std::string text;
  for (const Leaf& leaf : resolve(*Address::parse(recipient), primary, host).leaves) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}:{}", name_of(leaf.kind), leaf.address);
  }
  return text;
}

/// "n0 -> n1 -> ... -> END" with `length` aliases.
Entries chain(int length, std::string_view domain, std::string_view end) {
  Entries entries;
  for (int i = 0; i < length; ++i) {
    entries.emplace(fmt::format("n{}{}", i, domain),
                    i + 1 < length ? fmt::format("n{}{}", i + 1, domain) : std::string(end));
  }
  return entries;
}

}  // namespace

TEST_CASE("profile flat: a failed look-up keeps the recipient, whatever other keys exist", "[primary][flat]") {
  Primary primary = primary_with(Profile::flat, {}, {{"ann", "ann@example.com"}});
  primary.virtual_aliases = failing_for({{"@example.org", "user@example.com"}}, "ann@example.org");
  CHECK(leaves_of(primary, "ann@example.org") == "lookup-failed:ann@example.org");
  CHECK(leaves_of(primary, "bob@example.org") == "local-mailbox:user@example.com");
  primary.virtual_aliases = failing_for({}, "@example.org");
  CHECK(leaves_of(primary, "ann@example.org") == "local-mailbox:ann@example.com");
  CHECK(leaves_of(primary, "bob@example.org") == "lookup-failed:bob@example.org");
}

TEST_CASE("profile flat: user+ext does not match the catch-all if user is a key", "[primary][flat]") {
  Primary primary = primary_with(
      Profile::flat, {{"ann@example.org", "ann@example.com"}, {"@example.org", "user@example.com"}}, {{"bob", "bob"}});
  CHECK(leaves_of(primary, "ann+x@example.org") == "primary-mailbox:ann+x@example.org");
  CHECK(leaves_of(primary, "bob+x@example.org") == "primary-mailbox:bob+x@example.org");
  CHECK(leaves_of(primary, "carl+x@example.org") == "local-mailbox:user@example.com");
  primary.rules.delimiters = "";
  CHECK(leaves_of(primary, "ann+x@example.org") == "local-mailbox:user@example.com");
}

TEST_CASE("profile flat: long chains and lists that double at each level come to an end", "[primary][flat]") {
  CHECK(leaves_of(primary_with(Profile::flat, chain(100, "@example.org", "user@example.com"), {}), "n0@example.org") ==
        "limit:user@example.com");
  CHECK(leaves_of(primary_with(Profile::flat, chain(99, "@example.org", "user@example.com"), {}), "n0@example.org") ==
        "local-mailbox:user@example.com");
  // Each level names the next one twice: without a set of visited keys there would be 2^60 steps.
  Entries doubled;
  for (int i = 0; i < 60; ++i) {
    doubled[fmt::format("n{}@example.org", i)] = fmt::format("n{}@example.org, n{}@EXAMPLE.org", i + 1, i + 1);
  }
  CHECK(leaves_of(primary_with(Profile::flat, doubled, {}), "n0@example.org") == "primary-mailbox:n60@example.org");
}

TEST_CASE("profile sendmail: a failed look-up keeps the recipient", "[primary][sendmail]") {
  Primary primary = primary_with(Profile::sendmail, {}, {});
  primary.aliases = failing_for({{"ann", "ann@example.com"}, {"bob", "bob@example.com"}}, "ann+*");
  CHECK(leaves_of(primary, "ann@example.org") == "local-mailbox:ann@example.com");
  CHECK(leaves_of(primary, "ann+x@example.org") == "lookup-failed:ann+x@example.org");
  primary.aliases = failing_for({{"bob", "bob@example.com"}}, "owner-bob");
  CHECK(leaves_of(primary, "bob@example.org") == "lookup-failed:bob@example.org");
}

TEST_CASE("op.me, MaxAliasRecursion: a detail costs one level for each name that is tried", "[primary][sendmail]") {
  const auto ends = [](int length, std::string_view end) {
    return leaves_of(primary_with(Profile::sendmail, {}, chain(length, "", end)), "n0@example.org");
  };
  CHECK(ends(10, "user@example.com") == "local-mailbox:user@example.com");
  CHECK(ends(11, "user@example.com") == "limit:user@example.com");
  CHECK(ends(7, "prim1+x") == "primary-mailbox:prim1+x@example.org");
  CHECK(ends(8, "prim1+x") == "limit:prim1+x@example.org");
  CHECK(ends(10, "prim1") == "primary-mailbox:prim1@example.org");
  CHECK(ends(11, "prim1") == "limit:prim1@example.org");
}

TEST_CASE("op.me, MaxAliasRecursion: the longest path to a name is limited", "[primary][sendmail]") {
  Entries aliases = chain(9, "", "last");
  aliases["last"] = "user@example.com";
  aliases["list"] = "last, n0";
  CHECK(leaves_of(primary_with(Profile::sendmail, {}, aliases), "list@example.org") ==
        "local-mailbox:user@example.com limit:user@example.com");
}

TEST_CASE("aliases(5): owner-NAME of an owner is owner-owner", "[primary][sendmail]") {
  const Primary primary =
      primary_with(Profile::sendmail, {},
                   {{"owner-list", "user@example.com"}, {"owner-owner", "prim1"}, {"ann", "ann@example.com"}});
  CHECK(leaves_of(primary, "owner-list@example.org") == "owner-alias:owner-list@example.org");
  CHECK(leaves_of(primary, "ann@example.org") == "local-mailbox:ann@example.com");
}

TEST_CASE("profile sendmail: a backslash in an address, and known users", "[primary][sendmail]") {
  Primary primary = primary_with(Profile::sendmail, {}, {{"ann", "us\\er, bob@example.com"}});
  CHECK(leaves_of(primary, "ann@example.org").contains("invalid-address"));
  primary.mailboxes = table_of({{"prim1", "x"}});
  CHECK(leaves_of(primary, "prim1@example.org") == "primary-mailbox:prim1@example.org");
  CHECK(leaves_of(primary, "prim1+x@example.org") == "primary-mailbox:prim1+x@example.org");
  CHECK(leaves_of(primary, "nobody@example.org") == "unknown-recipient:nobody@example.org");
}

}  // namespace shorthop::test
