// Many recipients at once: what would be saved, and the aliases that lead nowhere.
#include "primary/survey.h"

#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

struct Surveyed {
  Primary primary;
  FixedHost host{{"user", "ann"}};
  Survey survey{primary, host};

  Surveyed(std::map<std::string, std::string, std::less<>> aliases, const std::vector<std::string>& recipients)
      : primary(primary_of({{"sales@example.org", "shop@example.org"}}, std::move(aliases))) {
    for (const std::string& recipient : recipients) survey.add(*Address::parse(recipient));
  }
};

}  // namespace

TEST_CASE("a survey counts recipients once, those that end here, and why the others are kept", "[primary][survey]") {
  const Surveyed world(
      {{"a", "user@example.com"},
       {"b", "ann@example.com, user@example.com"},
       {"c", "x@example.net"},
       {"d", "ann@example.com, x@example.net"},
       {"e", "|command"}},
      {"a@example.org", "A@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"});
  CHECK(world.survey.recipients() == 5);
  CHECK(world.survey.rewritten() == 2);
  CHECK(world.survey.kept() == std::map<std::string_view, std::size_t>{{"command-target", 1}, {"foreign-target", 2}});
  CHECK(world.survey.mailboxes() == std::set<std::string>{"ann@example.com", "user@example.com"});
}

TEST_CASE("an end is named once, with the first recipient and the entry that leads there", "[primary][survey]") {
  const Surveyed world({{"shop", "gone@example.com"}, {"other", "shop@example.org"}},
                       {"sales@example.org", "shop@example.org", "other@example.org"});
  REQUIRE(world.survey.ends().size() == 1);
  const SurveyedEnd& end = world.survey.ends().front();
  CHECK(end.kind == LeafKind::local_unknown);
  CHECK(end.address == "gone@example.com");
  CHECK(end.recipient == "sales@example.org");
  CHECK(end.table == "map:test");
}

TEST_CASE("mailboxes, here and on the primary, are no ends to tell of", "[primary][survey]") {
  Surveyed world({{"a", "user@example.com"}}, {});
  world.primary.mailboxes = table_of({{"bob", "x"}});
  world.primary.forwards.reset();
  world.survey.add(*Address::parse("a@example.org"));
  world.survey.add(*Address::parse("bob@example.org"));
  CHECK(world.survey.ends().empty());
}

}  // namespace shorthop::test
