// Many recipients at once: possible savings, and the aliases that lead nowhere.
#include "tool/doctor/survey.h"

#include <algorithm>

#include "primary/resolve.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

/// Recipients of a primary with these aliases, kept unless every end is local.
class Surveyed {
 public:
  explicit Surveyed(std::map<std::string, std::string, std::less<>> aliases)
      : primary_(primary_of({{"sales@example.org", "shop@example.org"}}, std::move(aliases))) {}

  Surveyed& add(std::string_view text) {
    const Address recipient = *Address::parse(text);
    const Resolution found = resolve(recipient, primary_, host_, Trace::on);
    const auto obstacle =
        std::ranges::find_if(found.leaves, [](const Leaf& leaf) { return leaf.kind != LeafKind::local_mailbox; });
    survey.add(recipient, found, obstacle == found.leaves.end() ? std::string_view() : name_of(obstacle->kind));
    return *this;
  }

  Survey survey;

 private:
  Primary primary_;
  FixedHost host_{{"user", "ann"}};
};

}  // namespace

TEST_CASE("a survey counts each recipient once: how many are replaced, and why the others are kept", "[tool][survey]") {
  Surveyed world({{"a", "user@example.com"},
                  {"b", "ann@example.com, user@example.com"},
                  {"c", "x@example.net"},
                  {"d", "bob@example.com, x@example.net"},
                  {"e", "|command"}});
  for (const std::string name : {"a", "A", "b", "c", "d", "e"}) world.add(name + "@example.org");
  CHECK(world.survey.recipients() == 5);
  CHECK(world.survey.rewritten() == 2);
  CHECK(world.survey.kept() ==
        std::map<std::string, std::size_t>{{"command-target", 1}, {"foreign-target", 1}, {"local-unknown", 1}});
  CHECK_FALSE(world.survey.is_new(*Address::parse("B@example.org")));
  CHECK(world.survey.is_new(*Address::parse("f@example.org")));
}

TEST_CASE("an end is named once, with the first recipient and the entry that lead there", "[tool][survey]") {
  Surveyed world({{"shop", "gone@example.com"}, {"other", "shop@example.org"}});
  world.add("sales@example.org").add("shop@example.org").add("other@example.org");
  REQUIRE(world.survey.ends().size() == 1);
  const SurveyedEnd& end = world.survey.ends().front();
  CHECK(end.kind == LeafKind::local_unknown);
  CHECK(end.address == "gone@example.com");
  CHECK(end.recipient == "sales@example.org");
  CHECK(end.table == "map:test");
}

TEST_CASE("each recipient that needs a missing part is counted, and once for each part", "[tool][survey]") {
  const auto lost = [](std::string address, std::string part) {
    return Leaf{LeafKind::not_mirrored, std::move(address), std::move(part)};
  };
  Survey survey;
  for (const std::string name : {"a", "b", "c"}) {
    Resolution found;
    found.leaves = {lost("x@example.org", "hash:/x"), lost("y@example.org", "hash:/x")};
    if (name == "b") found.leaves.push_back(lost("z@example.org", "hash:/z"));
    survey.add(*Address::parse(name + "@example.org"), found, "not-mirrored");
  }
  REQUIRE(survey.missing().size() == 2);
  CHECK(survey.missing().at("hash:/x").first == "a@example.org");
  CHECK(survey.missing().at("hash:/x").recipients == 3);
  CHECK(survey.missing().at("hash:/z").first == "b@example.org");
  CHECK(survey.missing().at("hash:/z").recipients == 1);
}

TEST_CASE("mailboxes, here and on the primary, are not reported as ends", "[tool][survey]") {
  const std::map<std::string, std::string, std::less<>> aliases = {{"a", "user@example.com"}};
  Surveyed world(aliases);
  CHECK(world.add("a@example.org").add("bob@example.org").survey.ends().empty());
}

}  // namespace shorthop::test
