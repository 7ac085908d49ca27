// FEATURE(virtusertable): the order of its keys and the arguments of a right-hand side (cf/README of Sendmail).
#include "primary/sendmail/virtusertable.h"

#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

/// The value for an address, "none" or "failed".
std::string value_of(const TableList& table, std::string_view address) {
  const auto found = find_virtual_user(table, *Address::parse(address), no_deadline);
  if (!found) return "failed";
  return *found ? (*found)->value : "none";
}

}  // namespace

TEST_CASE("cf/README, virtusertable: each key is looked up if those before it are absent", "[primary][virtusertable]") {
  struct Row {
    std::string key;
    std::string arguments;  ///< %0 to %3
  };
  // In reverse search order: each new key must be found before the existing ones.
  const std::vector<Row> rows = {
      {"@a.org", "@A.org|Ann|x|+x"},           {"+*@a.org", "+*@A.org|Ann|x|+x"},
      {"++@a.org", "++@A.org|Ann|x|+x"},       {"ann@a.org", "Ann@A.org|Ann|x|+x"},
      {"ann+*@a.org", "Ann+*@A.org|Ann|x|+x"}, {"ann++@a.org", "Ann++@A.org|Ann|x|+x"},
      {"ann+x@a.org", "Ann+x@A.org|Ann+x||"},
  };
  Entries entries;
  for (const Row& row : rows) {
    entries[row.key] = row.key + " %0|%1|%2|%3";
    CHECK(value_of(table_of(entries), "Ann+x@A.org") == row.key + " " + row.arguments);
  }
}

TEST_CASE("cf/README, virtusertable: \"++\" requires a detail, \"+*\" does not", "[primary][virtusertable]") {
  const auto table = table_of({{"++@a.org", "some"}, {"bob++@a.org", "bob with detail"}, {"+*@a.org", "any"}});
  CHECK(value_of(table, "ann+x@a.org") == "some");
  CHECK(value_of(table, "bob+x@a.org") == "bob with detail");
  CHECK(value_of(table, "bob+@a.org") == "any");
  CHECK(value_of(table, "ann@a.org") == "none");
}

TEST_CASE("cf/README, virtusertable: without a detail %2 and %3 are empty", "[primary][virtusertable]") {
  const auto table = table_of({{"@a.org", "%1%3@b.org"}});
  CHECK(value_of(table, "ann@a.org") == "ann@b.org");
  CHECK(value_of(table, "ann+x+y@a.org") == "ann+x+y@b.org");
}

TEST_CASE("virtusertable: a failed look-up is a failure, not an absence", "[primary][virtusertable]") {
  auto map = std::make_shared<MapTable>(Entries{{"@a.org", "user@b.org"}});
  map->broken_key = "ann+*@a.org";
  const TableList table({map});
  CHECK(value_of(table, "ann+x@a.org") == "failed");
  CHECK(value_of(table, "bob+x@a.org") == "user@b.org");
}

TEST_CASE("map_rewrite of Sendmail: %% is a percent sign, other characters stay", "[primary][virtusertable]") {
  const std::vector<std::string_view> arguments = {"key", "one"};
  CHECK(with_arguments("100%% of %1%9", arguments) == "100% of one");
  CHECK(with_arguments("%a%", arguments) == "%a%");
}

}  // namespace shorthop::test
