// Which copies belong to which tables of the primary.
#include "load/copied_tables.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

/// "PRIMARY=COPY", "PRIMARY=-" for a missing copy, "+COPY" for a superfluous one.
std::string matched(const std::vector<std::string>& primary, const std::vector<std::string>& copies) {
  std::vector<TableName> names;
  for (const std::string& copy : copies) names.push_back(TableName::parse(copy).value());
  const ListedTables listed = match_copies(primary, names);
  std::string text;
  for (const ListedTable& table : listed.tables) {
    text += (text.empty() ? "" : " ") + table.primary_name + "=" + (table.copy ? table.copy->text() : "-");
  }
  for (const TableName& copy : listed.left_over) text += (text.empty() ? "+" : " +") + copy.text();
  return text;
}

}  // namespace

TEST_CASE("a copy has the file name of its table, in any directory and form", "[load][copied-tables]") {
  CHECK(matched({"hash:/etc/postfix/virtual"}, {"text:/copies/virtual"}) ==
        "hash:/etc/postfix/virtual=text:/copies/virtual");
  CHECK(matched({"proxy:hash:/etc/aliases"}, {"lmdb:/copies/aliases"}) == "hash:/etc/aliases=lmdb:/copies/aliases");
  CHECK(matched({"hash:/etc/postfix/virtual"}, {"text:/copies/other"}) ==
        "hash:/etc/postfix/virtual=- +text:/copies/other");
}

TEST_CASE("the order is the primary's, and a missing table keeps its place", "[load][copied-tables]") {
  CHECK(matched({"hash:/a", "hash:/b"}, {"text:/c/b", "text:/c/a"}) == "hash:/a=text:/c/a hash:/b=text:/c/b");
  CHECK(matched({"hash:/a", "regexp:/b", "hash:/c"}, {"text:/x/a", "text:/x/c"}) ==
        "hash:/a=text:/x/a regexp:/b=- hash:/c=text:/x/c");
  CHECK(matched({}, {"text:/x/a"}) == "+text:/x/a");
  CHECK(matched({"hash:/a"}, {}) == "hash:/a=-");
}

TEST_CASE("the text of a pattern table or of a database query is not a copy of the table", "[load][copied-tables]") {
  CHECK(matched({"regexp:/etc/virtual"}, {"text:/x/virtual"}) == "regexp:/etc/virtual=- +text:/x/virtual");
  CHECK(matched({"mysql:/etc/v.cf"}, {"text:/x/v.cf"}) == "mysql:/etc/v.cf=- +text:/x/v.cf");
  CHECK(matched({"regexp:/etc/virtual"}, {"regexp:/x/virtual"}) == "regexp:/etc/virtual=regexp:/x/virtual");
  CHECK(matched({"unix:passwd.byname"}, {"unix:passwd.byname"}) == "unix:passwd.byname=- +unix:passwd.byname");
  CHECK(matched({"nis:mail.aliases"}, {}) == "nis:mail.aliases=-");
}

TEST_CASE("tables that contain their data need no copy", "[load][copied-tables]") {
  CHECK(matched({"inline:{ a=b }", "static:x"}, {}) == "inline:{ a=b }=inline:{ a=b } static:x=static:x");
  CHECK(matched({"regexp:{ {/a/ b} }"}, {}) == "regexp:{ {/a/ b} }=regexp:{ {/a/ b} }");
}

TEST_CASE("tables with the same file name need one copy each, in the same order", "[load][copied-tables]") {
  CHECK(matched({"hash:/a/virtual", "hash:/b/virtual"}, {"text:/x/virtual"}) == "hash:/a/virtual=- hash:/b/virtual=-");
  CHECK(matched({"hash:/a/virtual", "hash:/b/virtual"}, {"text:/x/virtual", "text:/y/virtual"}) ==
        "hash:/a/virtual=text:/x/virtual hash:/b/virtual=text:/y/virtual");
}

}  // namespace shorthop::test
