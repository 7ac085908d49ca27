// Match lists of domains: the order of patterns, exceptions, parents, tables, and patterns that fail.
#include "tables/match_list.h"

#include <algorithm>
#include <memory>

#include "support/catch.h"
#include "support/map_table.h"

namespace shorthop::test {
namespace {

std::shared_ptr<MapTable> table_with(const std::string& key, const std::string& name = "map:test") {
  return std::make_shared<MapTable>(std::map<std::string, std::string, std::less<>>{{key, "x"}}, name);
}

std::string text_of_answer(const std::expected<bool, LookupFailure>& answer) {
  return !answer ? answer.error().text() : *answer ? "yes" : "no";
}
std::string answer_for(const MatchList& list, std::string_view domain) {
  return text_of_answer(list.matches(domain, no_deadline));
}
/// Patterns also match by a parent domain that is written without a dot.
std::string answer_by_bare_parents(const MatchList& list, std::string_view domain) {
  return text_of_answer(list.matches_subdomain(domain, true, no_deadline));
}
/// Patterns also match by a parent domain that is written with a dot.
std::string answer_by_dotted_parents(const MatchList& list, std::string_view domain) {
  return text_of_answer(list.matches_subdomain(domain, false, no_deadline));
}

}  // namespace

TEST_CASE("match list: the first pattern that matches decides", "[tables][match-list]") {
  MatchList list;
  CHECK(list.empty());
  CHECK(answer_for(list, "a.example") == "no");
  list.add_name("no.example", false);
  list.add_name("no.example");
  list.add_name("yes.example");
  list.add_name("yes.example", false);
  CHECK_FALSE(list.empty());
  CHECK(answer_for(list, "no.example") == "no");
  CHECK(answer_for(list, "yes.example") == "yes");
  CHECK(answer_for(list, "sub.yes.example") == "no");
  CHECK(list.has_name("yes.example"));
  CHECK_FALSE(list.has_name("no.example"));
  CHECK_FALSE(list.has_name("other.example"));
  std::vector<std::string> names = list.names();
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"no.example", "yes.example"});
  CHECK(list.has_only_names());
}

TEST_CASE("match list: tables are asked in their order among the names", "[tables][match-list]") {
  MatchList list;
  list.add_name("first.example");
  list.add_table(table_with("not.example"), false);
  list.add_table(table_with("table.example"));
  list.add_name("not.example");
  list.add_name("last.example");
  CHECK(answer_for(list, "first.example") == "yes");
  CHECK(answer_for(list, "not.example") == "no");
  CHECK(answer_for(list, "table.example") == "yes");
  CHECK(answer_for(list, "last.example") == "yes");
  CHECK(answer_for(list, "other.example") == "no");
  CHECK(list.has_name("first.example"));
  CHECK_FALSE(list.has_name("last.example"));  // a table before it may exclude it
  CHECK_FALSE(list.has_only_names());
}

TEST_CASE("match list: a pattern that fails is a failure for every domain that reaches it", "[tables][match-list]") {
  MatchList list;
  list.add_name("first.example");
  list.add_failure({"/etc/domains: no such file", FailureKind::not_mirrored});
  list.add_name("last.example");
  CHECK(answer_for(list, "first.example") == "yes");
  CHECK(answer_for(list, "last.example") == "/etc/domains: no such file");
  CHECK(list.matches("other.example", no_deadline).error().kind == FailureKind::not_mirrored);
  CHECK_FALSE(list.has_name("last.example"));

  MatchList with_table({"first.example"});
  const auto broken = table_with("x.example");
  broken->broken_key = "last.example";
  with_table.add_table(broken);
  with_table.add_name("last.example");
  CHECK(answer_for(with_table, "first.example") == "yes");
  CHECK(answer_for(with_table, "last.example") == "map:test: broken");
  CHECK(answer_for(with_table, "other.example") == "no");
}

TEST_CASE("util/match_ops.c, match_hostname(): parents match as \"parent\" or as \".parent\"", "[tables][match-list]") {
  const MatchList names({"example.org", ".example.net"});
  CHECK(answer_by_bare_parents(names, "a.b.example.org") == "yes");
  CHECK(answer_by_bare_parents(names, "aexample.org") == "no");
  CHECK(answer_by_bare_parents(names, "a.example.net") == "no");
  CHECK(answer_by_dotted_parents(names, "example.org") == "yes");
  CHECK(answer_by_dotted_parents(names, "a.example.org") == "no");
  CHECK(answer_by_dotted_parents(names, "a.b.example.net") == "yes");
  CHECK(answer_by_dotted_parents(names, "example.net") == "no");
}

TEST_CASE("util/match_list.c: an exception before its parent domain also covers its own subdomains",
          "[tables][match-list]") {
  MatchList list;
  list.add_name("not.example.org", false);
  list.add_name("example.org");
  CHECK(answer_by_bare_parents(list, "sub.example.org") == "yes");
  CHECK(answer_by_bare_parents(list, "not.example.org") == "no");
  CHECK(answer_by_bare_parents(list, "a.not.example.org") == "no");
}

TEST_CASE("util/match_ops.c: tables are asked about parents, pattern tables are not", "[tables][match-list]") {
  MatchList list;
  const auto plain = table_with("example.org");
  list.add_table(plain);
  CHECK(answer_by_bare_parents(list, "a.b.example.org") == "yes");
  CHECK(answer_by_dotted_parents(list, "a.b.example.org") == "no");
  CHECK(answer_by_bare_parents(list, "example.net") == "no");

  MatchList patterns;
  patterns.add_table(table_with("example.org", "regexp:/x"));
  CHECK(answer_by_bare_parents(patterns, "example.org") == "yes");
  CHECK(answer_by_bare_parents(patterns, "a.example.org") == "no");
}

}  // namespace shorthop::test
