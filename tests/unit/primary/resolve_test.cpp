// The tree of a recipient: tests that case files cannot express (limits, failures, order). The tables are maps.
#include "primary/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "primary/expansion_builder.h"
#include "support/catch.h"
#include "support/map_files.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

const FixedHost& host() {
  static const FixedHost fixed({"user", "ann", "bob"});
  return fixed;
}

std::string leaves_at(const Primary& primary, std::string_view recipient) {
  std::string text;
  for (const Leaf& leaf : resolve(*Address::parse(recipient), primary, host()).leaves) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}:{}", name_of(leaf.kind), leaf.address);
  }
  return text;
}

/// "n0 -> n1 -> ... -> user@example.com" with `length` aliases.
Entries chain(int length, std::string_view domain) {
  Entries entries;
  for (int i = 0; i < length; ++i) {
    const std::string to = i + 1 < length ? fmt::format("n{}{}", i + 1, domain) : "user@example.com";
    entries.emplace(fmt::format("n{}{}", i, domain), to);
  }
  return entries;
}

Primary with_forwards(MapFiles::Texts files) {
  Primary primary = primary_of({}, {});
  primary.forwards = ForwardFiles{"/f/%u", std::make_shared<MapFiles>(std::move(files))};
  return primary;
}

}  // namespace

TEST_CASE("postconf(5) virtual_alias_recursion_limit: 999 steps are followed, a longer chain is not", "[primary]") {
  CHECK(leaves_at(primary_of(chain(999, "@example.org"), {}), "n0@example.org") == "local-mailbox:user@example.com");
  CHECK(leaves_at(primary_of(chain(1000, "@example.org"), {}), "n0@example.org") == "limit:user@example.com");
}

TEST_CASE("local(8) treats the 26th alias of a chain as a loop", "[primary]") {
  CHECK(leaves_at(primary_of({}, chain(25, "")), "n0@example.org") == "local-mailbox:user@example.com");
  CHECK(leaves_at(primary_of({}, chain(26, "")), "n0@example.org") == "loop:n25@example.org");
}

TEST_CASE("postconf(5) virtual_alias_expansion_limit: a list of more than 1000 addresses is not followed",
          "[primary]") {
  std::string wide;
  for (int i = 0; i < 1001; ++i) wide += fmt::format("{}u{}@example.net", i == 0 ? "" : ", ", i);
  CHECK(leaves_at(primary_of({{"all@example.org", wide}}, {}), "all@example.org") == "limit:all@example.org");
}

TEST_CASE("DESIGN 2.9: an expansion that doubles at each step ends", "[primary]") {
  Entries entries;
  for (int i = 0; i < 24; ++i) entries.emplace(fmt::format("n{}", i), fmt::format("n{0}+a, n{0}+b", i + 1));
  Primary primary = primary_of({}, entries);
  primary.rules.propagate.aliases = true;
  const Resolution resolution = resolve(*Address::parse("n0@example.org"), primary, host());
  CHECK(resolution.steps.size() <= primary.rules.limits.steps);
  REQUIRE(!resolution.leaves.empty());
  CHECK(resolution.leaves.back().kind == LeafKind::limit);
}

TEST_CASE("DESIGN 2.9: lists that repeat one address end at the limit of targets", "[primary]") {
  const Entries entries = {{"all", "one, two"},
                           {"one", "user@example.com, user@example.com, user@example.com"},
                           {"two", "user@example.com, user@example.com, user@example.com"}};
  Primary primary = primary_of({}, entries);
  primary.rules.limits.targets = 8;
  CHECK(leaves_at(primary, "all@example.org") == "local-mailbox:user@example.com");
  primary.rules.limits.targets = 7;
  CHECK(leaves_at(primary, "all@example.org") == "local-mailbox:user@example.com limit:two@example.org");
}

TEST_CASE("DESIGN 2.9: a line of 60,000 targets is not read to its end, in any table or profile", "[primary]") {
  // One address repeated: only the number of targets is too large.
  std::string wide = "ann@example.com";
  for (int i = 1; i < 60'000; ++i) wide += ", ann@example.com";
  for (const bool is_virtual : {false, true}) {
    INFO(is_virtual);
    Primary primary = is_virtual ? primary_of({{"list@example.org", wide}}, {}) : primary_of({}, {{"list", wide}});
    for (const Profile profile : {Profile::postfix, Profile::sendmail, Profile::flat}) {
      if (is_virtual && profile == Profile::sendmail)
        continue;  // a virtusertable has one address on its right-hand side
      primary.profile = profile;
      Budget budget;
      const Resolution found = resolve(*Address::parse("list@example.org"), primary, host(), Trace::on, budget);
      REQUIRE(!found.leaves.empty());
      const bool says_so =
          std::ranges::any_of(found.leaves, [](const Leaf& leaf) { return leaf.kind == LeafKind::limit; });
      CHECK(says_so);
      CHECK(found.steps.at(0).to.size() == 1001);
    }
  }
}

TEST_CASE("DESIGN 6: the recipients of a message share one budget", "[primary]") {
  const Primary primary = primary_of({}, {{"team", "user@example.com, ann@example.com"}, {"ann", "ann@example.com"}});
  const auto resolved = [&](std::string_view recipient, Budget& budget) {
    std::string text;
    const auto found = resolve(*Address::parse(recipient), primary, host(), Trace::off, budget);
    for (const Leaf& leaf : found.leaves) text.append(text.empty() ? "" : " ").append(name_of(leaf.kind));
    return text;
  };
  const auto team_and_ann = [&](const Budget::Amounts& amounts) {
    Budget budget(amounts);
    const std::string team = resolved("team@example.org", budget);
    return team + ", " + resolved("ann@example.org", budget);
  };
  const std::string both = "local-mailbox local-mailbox, local-mailbox";
  CHECK(team_and_ann({}) == both);
  CHECK(team_and_ann({.targets = 3}) == both);
  CHECK(team_and_ann({.targets = 2}) == "local-mailbox local-mailbox, limit");
  CHECK(team_and_ann({.steps = 2}) == both);
  CHECK(team_and_ann({.steps = 1}) == "local-mailbox local-mailbox, limit");
  CHECK(team_and_ann({.look_ups = 100}) == both);
  CHECK(team_and_ann({.look_ups = 6}).ends_with(", limit"));
  for (std::size_t look_ups = 0; look_ups < 12; ++look_ups) {
    const std::string found = team_and_ann({.look_ups = look_ups});
    INFO(found);
    CHECK((found == both || found.ends_with("limit")));
  }
}

TEST_CASE("an expansion up to its first obstacle looks up nothing beyond it", "[primary]") {
  const auto table = std::make_shared<CountingTable>(
      Entries{{"list", "user@example.com, bob, ann, ann@example.net"}, {"ann", "ann@example.com"}});
  Primary primary = primary_of({}, {});
  primary.aliases = TableList({table});
  const Address list = *Address::parse("list@example.org");
  const Resolution whole = resolve(list, primary, host(), Trace::off);
  const int all_look_ups = std::exchange(table->lookups, 0);
  const Resolution found = resolve(list, primary, host(), Trace::until_obstacle);
  CHECK(table->lookups < all_look_ups);
  REQUIRE(whole.leaves.size() == 4);
  REQUIRE(found.leaves.size() == 2);
  CHECK(found.leaves[0].kind == LeafKind::local_mailbox);
  CHECK(found.leaves[1].kind == LeafKind::primary_mailbox);
  CHECK(found.leaves[1].address == "bob@example.org");
}

TEST_CASE("virtual aliases: an address that expands into itself ends the recursion", "[primary]") {
  // a -> b; b -> a, b: b is not expanded again, so a leads to b twice and stops there.
  CHECK(leaves_at(primary_of({{"a@example.org", "b@example.org"}, {"b@example.org", "a@example.org, b@example.org"}},
                             {{"b", "bob@example.com"}}),
                  "a@example.org") == "local-mailbox:bob@example.com");
}

TEST_CASE("a failed look-up anywhere becomes a leaf", "[primary]") {
  auto broken = std::make_shared<MapTable>(Entries{{"ann", "bob"}, {"team", "user@example.com, ann"}});
  broken->broken_key = "bob";
  Primary primary = primary_of({}, {});
  primary.aliases = TableList({broken});
  CHECK(leaves_at(primary, "team@example.org") == "local-mailbox:user@example.com lookup-failed:bob@example.org");
  primary = primary_of({}, {{"ann", "ann@example.com"}});
  primary.virtual_aliases = TableList({broken});
  broken->broken_key = "@example.org";
  CHECK(leaves_at(primary, "nn@example.org") == "lookup-failed:nn@example.org");
}

TEST_CASE("a failed look-up of an owner- alias is a failure, not an absence", "[primary]") {
  auto broken = std::make_shared<MapTable>(Entries{{"list", "user@example.com"}});
  broken->broken_key = "owner-list";
  Primary primary = primary_of({}, {});
  primary.aliases = TableList({broken});
  CHECK(leaves_at(primary, "list@example.org") == "lookup-failed:list@example.org");
}

TEST_CASE("ADDRESS_CLASS_README: a virtual alias domain has no mailboxes", "[primary]") {
  Primary primary = primary_of({{"ann@example.org", "ann@example.com"}}, {});
  primary.rules.local_domains = {};
  primary.rules.virtual_alias_domains = {"example.org"};
  CHECK(leaves_at(primary, "ann@example.org") == "local-mailbox:ann@example.com");
  CHECK(leaves_at(primary, "bob@example.org") == "unknown-recipient:bob@example.org");
}

TEST_CASE("the primary's mailboxes, if known, distinguish mailboxes from unknown users", "[primary]") {
  Primary primary = primary_of({}, {});
  primary.mailboxes = table_of({{"prim1", "x"}});
  CHECK(leaves_at(primary, "prim1+ext@example.org") == "primary-mailbox:prim1+ext@example.org");
  CHECK(leaves_at(primary, "nobody@example.org") == "unknown-recipient:nobody@example.org");
}

TEST_CASE("a .forward file applies only to users of the primary, if they are known", "[primary]") {
  Primary primary = with_forwards({{"/f/ann", "ann@example.com\n"}, {"/f/gone", "ann@example.com\n"}});
  CHECK(leaves_at(primary, "gone@example.org") == "local-mailbox:ann@example.com");
  primary.mailboxes = table_of({{"ann", "x"}});
  CHECK(leaves_at(primary, "ann+ext@example.org") == "local-mailbox:ann@example.com");
  CHECK(leaves_at(primary, "gone@example.org") == "unknown-recipient:gone@example.org");
}

TEST_CASE(".forward: an unreadable file is a failure", "[primary]") {
  CHECK(leaves_at(with_forwards({{"/f/ann", "ann@example.com\n"}}), "ann@example.org") ==
        "local-mailbox:ann@example.com");
  CHECK(leaves_at(with_forwards({{"/f/ann", "unreadable"}}), "ann@example.org") == "not-mirrored:ann@example.org");
}

TEST_CASE(".forward: a user whose name is not a safe file name has no .forward file", "[primary]") {
  const Primary primary = with_forwards({{"/f/../ann", "ann@example.com\n"}, {"/f/.x", "ann@example.com\n"}});
  CHECK(leaves_at(primary, "../ann@example.org") == "primary-mailbox:\"../ann\"@example.org");
  CHECK(leaves_at(primary, ".x@example.org").starts_with("primary-mailbox:"));
}

TEST_CASE(".forward: the number of passes through local(8) is limited", "[primary]") {
  MapFiles::Texts files;
  for (int i = 0; i < 30; ++i) files.emplace(fmt::format("/f/n{}", i), fmt::format("n{}\n", i + 1));
  files["/f/n10"] = "user@example.com\n";
  CHECK(leaves_at(with_forwards(files), "n0@example.org") == "local-mailbox:user@example.com");
  files["/f/n10"] = "n11\n";
  CHECK(leaves_at(with_forwards(files), "n0@example.org").starts_with("limit:"));
}

TEST_CASE("aliases(5): extensions with a slash are dropped", "[primary]") {
  Primary primary = primary_of({}, {{"ann", "ann@example.com"}});
  CHECK(leaves_at(primary, "ann+a/b@example.org") == "local-mailbox:ann@example.com");
}

TEST_CASE("virtual(5): if the primary's myorigin is unknown, an entry without a domain may apply", "[primary]") {
  const auto in_class_of_mailboxes = [] {
    Primary primary = primary_of({}, {});
    primary.rules.myorigin.clear();
    primary.rules.local_domains = {};
    primary.rules.virtual_mailbox_domains = {"example.org"};
    return primary;
  };
  SECTION("of the virtual aliases") {
    Primary primary = in_class_of_mailboxes();
    primary.virtual_aliases = table_of({{"user", "user@example.com"}, {"@example.org", "ann@example.com"}});
    CHECK(leaves_at(primary, "user@example.org") == "not-mirrored:user@example.org");
    CHECK(leaves_at(primary, "bob@example.org") == "local-mailbox:ann@example.com");
  }
  SECTION("of the canonical maps") {
    Primary primary = in_class_of_mailboxes();
    primary.address_tables.canonical = table_of({{"sales", "user@example.com"}});
    CHECK(leaves_at(primary, "sales@example.org") == "not-mirrored:sales@example.org");
    primary.address_tables.recipient_canonical = std::exchange(primary.address_tables.canonical, {});
    CHECK(leaves_at(primary, "sales@example.org") == "not-mirrored:sales@example.org");
    primary.rules.local_domains = {"example.org"};
    CHECK(leaves_at(primary, "sales@example.org") == "local-mailbox:user@example.com");
  }
  SECTION("of the virtual aliases of smtpd(8): it may refuse the recipient") {
    Primary primary = in_class_of_mailboxes();
    primary.virtual_aliases = table_of({{"user@example.org", "user@example.com"}});
    primary.address_tables.mailbox_recipients = table_of({});
    primary.address_tables.smtpd_aliases = table_of({{"user", "user@example.com"}});
    CHECK(leaves_at(primary, "user@example.org") == "local-mailbox:user@example.com not-mirrored:user@example.org");
  }
}

TEST_CASE("virtual(5): a failed look-up of a domain matters only if there is an entry without a domain", "[primary]") {
  Primary primary = primary_of({{"user", "user@example.com"}, {"@example.org", "ann@example.com"}}, {});
  primary.rules.local_domains = {};
  primary.rules.myorigin = "mail.example.org";
  primary.rules.local_domains.add_failure({"mydestination is down", FailureKind::unavailable});
  CHECK(leaves_at(primary, "user@example.org") == "lookup-failed:user@example.org");
  // The chain of the other name goes on to an address that needs no class here.
  CHECK(leaves_at(primary, "bob@example.org").starts_with("lookup-failed:ann@example.com"));
}

TEST_CASE("an undeliverable recipient counts as accepted by smtpd(8), an unknown one does not", "[primary]") {
  const Limits limits;
  Budget budget;
  const auto accepted = [](ExpansionBuilder& tree) {
    std::string names;
    for (const Expanded::End& end : std::move(tree).take().ends) {
      const Leaf* leaf = std::get_if<Leaf>(&end);
      if (leaf != nullptr && leaf->is_accepted) names += leaf->address + ' ';
    }
    return names;
  };
  ExpansionBuilder full(limits, Trace::until_obstacle, budget);
  full.add_leaf(LeafKind::unknown_recipient, "ann@example.org");
  full.add_undeliverable("bob@example.org");
  CHECK(accepted(full) == "");
  ExpansionBuilder repeated(limits, Trace::off, budget);
  repeated.add_undeliverable("ann@example.org");
  repeated.add_leaf(LeafKind::unknown_recipient, "bob@example.org");
  repeated.add_undeliverable("Ann@example.org");
  CHECK(accepted(repeated) == "ann@example.org ");
}

TEST_CASE("a chain is linear unless one of its steps has several targets", "[primary]") {
  Primary primary = primary_of({}, {{"list", "ann@example.net, :include:/empty"}, {"one", "ann@example.net"}});
  IncludeFiles files;
  files.emplace("/empty", IncludeFile{});
  primary.includes = std::make_shared<const IncludeFiles>(std::move(files));
  CHECK(resolve(*Address::parse("one@example.org"), primary, host()).is_linear());
  CHECK_FALSE(resolve(*Address::parse("list@example.org"), primary, host()).is_linear());
}

}  // namespace shorthop::test
