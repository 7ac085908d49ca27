// Queries and result formats: mysql_table(5), and Postfix global/db_common.c.
#include "tables/text/query_template.h"

#include "support/catch.h"
#include "tables/text/table_file.h"

namespace shorthop::test {
namespace {

std::string query(const std::string& text, std::string_view key, const std::string& result_format = "%s") {
  const auto made = QueryTemplate::parse(text, result_format);
  if (!made) return made.error();
  return made->query_for(key, [](std::string_view part) { return "[" + std::string(part) + "]"; })
      .value_or("suppressed");
}

std::string values(const std::string& result_format, std::string_view key, const std::vector<std::string>& rows) {
  const auto made = QueryTemplate::parse("%s", result_format);
  std::string result;
  for (const std::string& row : rows) made->append_value(row, key, result);
  return result;
}

}  // namespace

TEST_CASE("mysql_table(5): %s, %u, %d, %1 and %% in a query; every part of the key is quoted", "[tables][query]") {
  CHECK(query("a '%s' '%u' '%d' %%", "ann@b.example") == "a '[ann@b.example]' '[ann]' '[b.example]' %");
  CHECK(query("'%S' '%U' '%D'", "ann@x@b") == "'[ann@x@b]' '[ann@x]' '[b]'");
  CHECK(query("'%1' '%2'", "ann@sub.b.example") == "'[example]' '[b]'");
  CHECK(query("%s %x", "ann").contains("unknown letter after '%'"));
  CHECK(query("100%", "ann").contains("unknown letter after '%'"));
}

TEST_CASE("mysql_table(5): a key without a needed part is not looked up", "[tables][query]") {
  CHECK(query("%d", "ann") == "suppressed");
  CHECK(query("%d", "ann@") == "suppressed");
  CHECK(query("%u", "@b.example") == "suppressed");
  CHECK(query("%u", "ann") == "[ann]");
  CHECK(query("%3", "ann@b.example") == "suppressed");
  CHECK(query("%2", "ann@.example.") == "suppressed");
  CHECK(query("%s", "@b.example", "%U") == "suppressed");
  CHECK(query("%s", "") == "suppressed");
}

TEST_CASE("mysql_table(5) result_format: rows are joined with commas, and rows without a needed part are skipped",
          "[tables][query]") {
  CHECK(values("%s", "k", {"a@x", "", "b@x"}) == "a@x,b@x");
  CHECK(values("%u@mail.%d", "k", {"a@x", "b", "@x", "c@y"}) == "a@mail.x,c@mail.y");
  CHECK(values("%s+%U", "ann@x", {"a"}) == "a+ann");
}

TEST_CASE("table files: continued lines, comments; the last value of a name is used", "[tables][query]") {
  const auto read = parse_table_file("# c\nquery = SELECT a\n  FROM b WHERE c = '%s'\nhosts = x\nhosts = y\n");
  REQUIRE(read);
  CHECK(read->at("query") == "SELECT a  FROM b WHERE c = '%s'");
  CHECK(read->at("hosts") == "y");
  CHECK(parse_table_file("hosts\n").error().line == 1);
  CHECK(parse_table_file(table_file_text(*read)).value() == *read);
}

TEST_CASE("cfg_parser.c: a number fits into an int, and may have a sign", "[tables][query]") {
  CHECK(number_of_parameter("007") == 7);
  CHECK(number_of_parameter("+7") == 7);
  CHECK(number_of_parameter("-7") == -7);
  for (const char* text : {"", "+", "-", "+-7", "++7", "7 ", " 7", "7x", "0x7", "3000000000", "yes"}) {
    INFO(text);
    CHECK_FALSE(number_of_parameter(text));
  }
}

TEST_CASE("readlline.c: a first line that begins with white space is skipped", "[tables][query]") {
  const auto read = parse_table_file("# c\n  domain = x\n\n  y\nhosts = z\n");
  REQUIRE(read);
  CHECK(*read == TableParameters{{"hosts", "z"}});
}

}  // namespace shorthop::test
