// Text tables as a whole: look-ups, lines, duplicates, diagnostics.
#include "tables/text/text_table.h"

#include <algorithm>
#include <set>

#include "support/table_texts.h"
#include "tables/text/line_formats.h"
#include "tables/text/logical_lines.h"

namespace shorthop::test {
namespace {

std::size_t count(const Diagnostics& problems, Severity severity) {
  return static_cast<std::size_t>(std::ranges::count(problems, severity, &Diagnostic::severity));
}

TEST_CASE("text table: an answer has the value and the line where its logical line starts", "[tables][text_table]") {
  const Loaded table("# users\nann@example.org  a@example.com,\n  b@example.com\n\nbob@example.org bob");
  CHECK(table.said() == "");
  CHECK(table.answer("ann@example.org") == "a@example.com,  b@example.com :2");
  CHECK(table.answer("bob@example.org") == "bob :5");
  CHECK(table.answer("carl@example.org") == "absent");
  CHECK(table.answer("") == "absent");
  CHECK(table.table->entries() == 2U);
  CHECK(table.table->name() == "text:/t");
}

TEST_CASE("text table: every entry is listed with its line, as in the file", "[tables][text_table]") {
  const Loaded table("# aliases\nAnn: a,\n  b\n\n\"e f\": g\nann: again\n", TextFormat::aliases5);
  std::string keys;
  CHECK(table.table->each_entry([&](std::string_view key, std::string_view value, std::uint32_t line) {
    keys.append(key).append("=").append(value).append(":" + std::to_string(line) + " ");
  }));
  CHECK(keys == "Ann=a,  b:2 e f=g:5 ann=again:6 ");
}

TEST_CASE("newaliases(1): an indented line after a comment is part of the comment", "[tables][text_table]") {
  const Loaded table("# old\n  gone: ann\nlist: bob\n", TextFormat::sendmail_aliases);
  std::string keys;
  CHECK(table.table->each_entry([&](std::string_view key, std::string_view, std::uint32_t line) {
    keys.append(key).append(":" + std::to_string(line) + " ");
  }));
  CHECK(keys == "list:3 ");
}

TEST_CASE("postmap(1): keys are folded", "[tables][text_table]") {
  const Loaded table("ANN@Example.ORG  Bob@Example.COM\n");
  CHECK(table.answer("ann@example.org") == "Bob@Example.COM :1");
}

TEST_CASE("aliases(5): names are folded and unquoted", "[tables][text_table]") {
  const Loaded table("Ann: bob\n\"John Doe\": john\n", TextFormat::aliases5);
  CHECK(table.answer("ann") == "bob :1");
  CHECK(table.answer("john doe") == "john :2");
  CHECK(table.answer("\"john doe\"") == "absent");
}

TEST_CASE("local-recipients: names in either format are known", "[tables][text_table]") {
  const Loaded table("ann: bob\ncarl\nd@example.com  anything at all\n\"e f\": g\n", TextFormat::first_word);
  CHECK(table.said() == "");
  for (const char* key : {"ann", "carl", "d@example.com", "e f"}) CHECK(table.answer(key) != "absent");
  CHECK(table.answer("bob") == "absent");
}

TEST_CASE("postmap(1): if two lines have one key, the first is used, with a warning", "[tables][text_table]") {
  const Loaded table("a 1\nb 2\nA 3\n");
  CHECK(table.answer("a") == "1 :1");
  CHECK(table.table->entries() == 2U);
  CHECK(table.said() ==
        "/t:3: warning: duplicate key \"A\": line 1 is used, as in Postfix (fix: remove one of the two lines)\n");
}

TEST_CASE("postmap(1): an unreadable line is ignored with a warning, and its key fails", "[tables][text_table]") {
  const Loaded table("a\nb 1\n\"c 2\nd: 3\ne 4\n");
  REQUIRE(table.table);
  CHECK(count(table.problems, Severity::error) == 0);
  CHECK(count(table.problems, Severity::warning) == 3);
  CHECK(table.said().contains("/t:1: warning: expected white space and a value after the key \"a\""));
  CHECK(table.said().contains("/t:3: warning: a '\"' is not closed"));
  CHECK(table.said().contains("/t:4: warning: the key \"d:\" ends in ':'"));
  CHECK(table.answer("a") == "failed: text:/t:1: the entry for \"a\" cannot be read");
  CHECK(table.answer("b") == "1 :2");
  CHECK(table.answer("c") == "absent");
  CHECK(table.answer("e") == "4 :5");
  CHECK(table.table->find("a").error().kind == FailureKind::bad_data);
  for (const Diagnostic& problem : table.problems) CHECK(problem.error_class == ErrorClass::data);
}

TEST_CASE("an unreadable line after a good one with the same key has no effect in Postfix; in Sendmail the key fails",
          "[tables][text_table]") {
  const Loaded table("a 1\nA\n");
  CHECK(table.answer("a") == "1 :1");
  CHECK(Loaded("ann: a@x\nann:\n", TextFormat::sendmail_aliases).answer("ann").starts_with("failed: text:/t:2: "));
  CHECK(Loaded("J\u00d6RG@x\n").answer("j\u00f6rg@x").starts_with("failed: text:/t:1: "));
}

TEST_CASE("readlline.c: a first line that starts with white space is ignored", "[tables][text_table]") {
  const Loaded table("\n  a 1\nb 2\n");
  REQUIRE(table.table);
  CHECK(table.answer("b") == "2 :3");
  CHECK(table.said().contains("/t:2: warning: the line starts with white space"));
}

TEST_CASE("text table: a NUL byte makes the key of its line fail", "[tables][text_table]") {
  using namespace std::string_literals;
  const Loaded table("a 1\nb 2\0\n# \0 in a comment\nc 3\nd\0 4\n"s);
  REQUIRE(table.table);
  CHECK(table.problems.size() == 2);
  CHECK(table.said().contains("/t:2: warning: the line has a NUL byte"));
  CHECK(table.answer("a") == "1 :1");
  CHECK(table.answer("b").starts_with("failed: "));
  CHECK(table.answer("c") == "3 :4");
  CHECK(table.answer("d").starts_with("failed: "));
}

TEST_CASE("text table: CRLF line ends and a missing final newline are fine", "[tables][text_table]") {
  const Loaded table("a 1\r\nb 2,\r\n  3\r\n\r\n# c\r\nd 4");
  CHECK(table.said() == "");
  CHECK(table.answer("a") == "1 :1");
  CHECK(table.answer("b") == "2,\r  3 :2");
  CHECK(shown(parse_targets("2,\r  3", Dialect::virtual5)) == "address 2 | address 3");
  CHECK(table.answer("d") == "4 :6");
}

TEST_CASE("text table: an empty file is an empty table", "[tables][text_table]") {
  for (const char* text : {"", "\n", "# nothing\n\n"}) {
    const Loaded table(text);
    CHECK(table.said() == "");
    CHECK(table.answer("a") == "absent");
    CHECK(table.table->entries() == 0U);
  }
}

TEST_CASE("text table: an unreadable target is a warning, not an error", "[tables][text_table]") {
  const Loaded table("a@x  ann bob\nb@x  ann@example.com\nc@x |cmd\n");
  CHECK(table.answer("a@x") == "ann bob :1");
  CHECK(count(table.problems, Severity::warning) == 1);
  CHECK(table.said().contains("/t:3: warning: cannot read \"|cmd\": virtual(5) takes addresses only"));
  CHECK(Loaded("a: ann bob\nc: |cmd\n", TextFormat::aliases5).problems.empty());
  CHECK(Loaded("a: ann bob\nc: |cmd\n", TextFormat::first_word).problems.empty());
}

TEST_CASE("text table: the values of texthash: tables may be anything", "[tables][text_table]") {
  Diagnostics problems;
  CHECK(text_table("texthash:/t", "/t", "a@x  any text at all\n", TextFormat::texthash, problems));
  CHECK(problems.empty());
}

TEST_CASE("postmap(1): a line that is not UTF-8 is ignored, and look-ups of its key fail: smtputf8_enable may be no",
          "[tables][text_table]") {
  const std::string text = "a@x  \"J\xfcrgen\" <ann@example.com>\nb@x  \"J\xc3\xbcrgen\" <bob@example.com>\n";
  const Loaded table(text);
  CHECK(table.said() == "/t:1: warning: the line is not UTF-8, so Postfix ignores it (fix: save the file as UTF-8)\n");
  CHECK(table.answer("a@x") == "failed: text:/t:1: the entry for \"a@x\" cannot be read");
  CHECK(table.answer("b@x").ends_with(" :2"));
  std::vector<std::string> listed;
  table.table->each_entry([&](std::string_view key, std::string_view, std::uint32_t) { listed.emplace_back(key); });
  CHECK(listed == std::vector<std::string>{"b@x"});
  CHECK(table.table->entries() == 1);
}

TEST_CASE("text table: a user whose line in a list of names is not UTF-8 is not known", "[tables][text_table]") {
  const Loaded table("ann\nbob J\xfcrgen\n", TextFormat::first_word);
  CHECK(table.answer("ann").ends_with(" :1"));
  CHECK(table.answer("bob") == "failed: text:/t:2: the entry for \"bob\" cannot be read");
}

TEST_CASE("postmap(1): of two lines with one key, the good one answers if it is before the one that is not UTF-8",
          "[tables][text_table]") {
  const Loaded before("a@x  ann@example.com\na@x  \xfc@example.com\n");
  CHECK(before.answer("a@x") == "ann@example.com :1");  // it is used, even if the other line is not ignored
  const Loaded behind("a@x  \xfc@example.com\na@x  ann@example.com\n");
  CHECK(behind.answer("a@x") == "failed: text:/t:1: the entry for \"a@x\" cannot be read");
}

TEST_CASE("makemap(8): bytes that are not UTF-8 are entries like any other", "[tables][text_table]") {
  const Loaded table("a@x\t\xfc@example.com\n", TextFormat::virtusertable);
  CHECK(table.problems.empty());
  CHECK(table.answer("a@x") == "\xfc@example.com :1");
}

TEST_CASE("text table: the same warning is printed a hundred times, and then counted", "[tables][text_table]") {
  std::string text = "a 1\n";
  for (int i = 0; i < 150; ++i) text += "a 2\n";
  const Loaded table(text);
  REQUIRE(table.table);
  CHECK(table.problems.size() == 101);
  CHECK(table.problems.back().text() == "/t: warning: and 50 more duplicate keys");
}

TEST_CASE("text table: warnings of all kinds come in the order of the lines", "[tables][text_table]") {
  std::string text;
  std::vector<std::uint32_t> expected;
  std::uint32_t line = 0;
  const auto add = [&](std::string_view content, bool has_fault) {
    text += content;
    ++line;
    if (has_fault) expected.push_back(line);
  };
  for (int i = 0; i < 50; ++i) {
    add("user" + std::to_string(i) + " ann\n", false);
    add("user0 bob\n", true);
    if (i % 7 == 0) add("novalue\n", true);
    if (i % 11 == 0) add("target" + std::to_string(i) + " \"ann\n", true);
    if (i % 13 == 0) add("joined" + std::to_string(i) + "\n", false), add(" ann\n", false);
  }
  const Loaded table(text, TextFormat::virtual5);
  std::vector<std::uint32_t> lines;
  for (const Diagnostic& problem : table.problems) lines.push_back(problem.origin.line);
  CHECK(lines == expected);
  CHECK(table.answer("user0") == "ann :1");
}

TEST_CASE("text table: every unreadable target is reported", "[tables][text_table]") {
  std::string text;
  for (int i = 0; i < 250; ++i) text += "k" + std::to_string(i) + "@a \"open\n";
  const Loaded table(text);
  REQUIRE(table.table);
  REQUIRE(table.problems.size() == 250);
  CHECK(table.problems.back().origin.line == 250);
}

TEST_CASE("text table: at most a thousand unreadable lines are named", "[tables][text_table]") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "a\n";
  const Loaded table(text);
  REQUIRE(table.problems.size() == 1001);
  CHECK(table.problems.back().what == "and 4000 more lines that cannot be parsed");
}

TEST_CASE("text table: very long lines are read", "[tables][text_table]") {
  const std::string key = std::string(100'000, 'k') + "@x";
  const std::string value = std::string(3'000'000, 'v');
  const Loaded table("a 1\n" + key + " " + value + "\nb 2\n");
  REQUIRE(table.table);
  CHECK(table.answer(key) == value + " :2");
  CHECK(table.answer("b") == "2 :3");
}

TEST_CASE("text table: a hundred thousand entries are all found", "[tables][text_table]") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "user" + std::to_string(i) + "@x u" + std::to_string(i) + "\n";
  const Loaded table(text);
  REQUIRE(table.table);
  CHECK(table.table->entries() == 100'000U);
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE(table.answer("user" + std::to_string(i) + "@x") == "u" + std::to_string(i) + " :" + std::to_string(i + 1));
  }
  for (int i = 0; i < 1000; ++i) REQUIRE(table.answer("user" + std::to_string(i)) == "absent");
}

TEST_CASE("text table: random tables answer like a map of their lines", "[tables][text_table]") {
  RandomText random(8);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random.of("abAB:  \n\n\n#\"\\\t,", 60);
    for (const TextFormat format : {TextFormat::virtual5, TextFormat::aliases5}) {
      const Loaded table(text, format);
      INFO(text);
      REQUIRE(table.table);
      REQUIRE_FALSE(has_error(table.problems));
      std::map<std::string, std::string> expected;
      std::set<std::string> broken;
      LogicalLines lines(text);
      for (LogicalLine line; lines.next(line);) {
        std::string buffer;
        const auto parsed =
            format == TextFormat::virtual5 ? parse_virtual5(line.text) : parse_aliases5(line.text, buffer);
        if (line.is_stray_continuation()) continue;
        if (!parsed) {
          broken.insert(folded(parsed.error().key));
          continue;
        }
        expected.try_emplace(folded(parsed->key), std::string(parsed->value) + " :" + std::to_string(line.number));
      }
      for (const auto& [key, value] : expected) {
        const std::string answer = table.answer(key);
        REQUIRE((answer == value || (broken.contains(key) && answer.starts_with("failed: "))));
      }
      REQUIRE(table.answer("c") == "absent");
    }
  }
}

TEST_CASE("text table: any bytes give a table", "[tables][text_table]") {
  RandomText random(9);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random.bytes(300);
    for (const TextFormat format : {TextFormat::virtual5, TextFormat::aliases5, TextFormat::first_word}) {
      const Loaded table(text, format);
      REQUIRE(table.table);
      const bool has_bad_line = !table.problems.empty();
      CHECK((has_bad_line || !table.answer(random.bytes(5) + "x").starts_with("failed")));
    }
  }
}

TEST_CASE("text table: a name, a domain and an address are different keys", "[tables][text_table]") {
  const std::string name = "ann";
  const std::string domain = "@example.org";
  const std::string address = "ann@example.org";
  for (const auto& only : {name, domain, address}) {
    const Loaded table(only + "  x\n");
    for (const auto& key : {name, domain, address}) {
      INFO(only << " and " << key);
      CHECK(table.answer(key) == (key == only ? "x :1" : "absent"));
    }
  }
}

TEST_CASE("text table: small and large texts are read alike", "[tables][text_table]") {
  const std::string value(1000, 'a');
  for (const std::size_t entries : {2U, 2'000U, 9'000U}) {
    std::string text;
    for (std::size_t i = 0; i < entries; ++i) {
      text.append("user").append(std::to_string(i)).append("@example.org  ").append(value).append("\n");
    }
    INFO(text.size() << " bytes");
    const Loaded table(text);
    CHECK(table.table->entries() == entries);
    CHECK(table.answer("user0@example.org") == value + " :1");
    const std::string last = std::to_string(entries - 1);
    CHECK(table.answer("user" + last + "@example.org") == value + " :" + std::to_string(entries));
    CHECK(table.answer("user" + std::to_string(entries) + "@example.org") == "absent");
  }
}

TEST_CASE("text table: lines without an entry are not listed", "[tables][text_table]") {
  using namespace std::string_literals;
  for (const std::string& text : {"  bob b@x\nann c@x\n"s, "b\0b d@x\nann c@x\n"s}) {
    const Loaded table(text);
    std::string listed;
    CHECK(table.table->each_entry([&](std::string_view key, std::string_view, std::uint32_t) { listed += key; }));
    CHECK(listed == "ann");
  }
}

}  // namespace
}  // namespace shorthop::test
