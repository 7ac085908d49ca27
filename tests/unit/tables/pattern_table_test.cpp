// regexp: and pcre: tables. tests/oracle compares them with postmap -q.
#include "support/table_texts.h"

namespace shorthop::test {
namespace {

struct Patterns : FileTable {
  explicit Patterns(const std::string& text, const std::string& type = "regexp") : FileTable(type, text) {}
};

}  // namespace

TEST_CASE("regexp_table(5): the first pattern that matches is used; $1 is a group, $$ a dollar sign",
          "[tables][regexp]") {
  const Patterns table("# comment\n/^(.*)-list@Example.org$/\n   ${1}@example.net, $$$(1)\n/^ann/ x\n!/@/ no-domain\n");
  CHECK(table.find("ann-list@example.org") == "ann@example.net, $ann :2");
  CHECK(table.find("ANN@example.org") == "x :4");
  CHECK(table.find("bob") == "no-domain :5");
  CHECK(table.find("bob@example.org") == "absent");
  CHECK(table.table().is_pattern());
  CHECK(Patterns("/ann/i x\n").find("ANN") == "absent");
}

TEST_CASE("regexp_table(5): lines from if to endif need its pattern, and a line may have two patterns",
          "[tables][regexp]") {
  const Patterns table("if !/@example.org$/\n/./ other\nendif\n/^a/!/b@/ a-without-b\n");
  CHECK(table.find("ann@example.net") == "other :2");
  CHECK(table.find("ann@example.org") == "a-without-b :4");
  CHECK(table.find("ab@example.org") == "absent");
}

TEST_CASE("a line that Postfix skips is skipped; a pattern that the library refuses fails", "[tables][regexp]") {
  CHECK(Patterns("/a\n/a/ x\n").said() == "/t:1: warning: the pattern has no closing delimiter: the line is ignored");
  CHECK(Patterns("/a/ $1\n/a/ x\n").find("a") == "x :2");
  CHECK(Patterns("/a/q y\n/a/ x\n").find("a") == "x :2");
  const Patterns table("/b/ x\n/(/ y\n/a/ z\n");
  CHECK(table.find("b") == "x :1");
  CHECK(table.find("a").starts_with("failed: regexp:/t:2: invalid pattern"));
  CHECK(Patterns("/x/ 1\nif /(/\n/b/ x\nendif\n").find("x").starts_with("failed:"));
  const Patterns after_nothing(" /a/ x\n/a/ y\n");
  CHECK(after_nothing.find("a") == "y :2");
  CHECK(after_nothing.said().contains(":1: warning: the line starts with white space"));
}

TEST_CASE("regexp_table(5): patterns may be in the name of the table", "[tables][regexp]") {
  const MapFiles files;
  Backends backends;
  Diagnostics problems;
  const auto open = [&](std::string_view name) { return open_table(name, files, backends, problems); };
  const auto table = open("regexp:{ {/^ann@/ bob@x}, { /^(c.*)@/ $1 } }");
  CHECK(table->find("ann@y").value()->value == "bob@x");
  CHECK(table->find("carl@y").value()->value == "carl");
  CHECK(open("regexp:{ /a/ x }") == nullptr);
  CHECK(open("regexp:{ {/a/ x}") == nullptr);
}

TEST_CASE("maps.c: an empty result is an error", "[tables][regexp]") {
  CHECK(Patterns("/a/\n").find("a") == "failed: regexp:/t:1: the result is empty");
  CHECK(Patterns("/a(b)?/ $1\n").find("a") == "failed: regexp:/t:1: the result is empty");
}

#ifdef SHORTHOP_WITH_PCRE
TEST_CASE("pcre_table(5): flags are followed, and a match that takes too much work fails", "[tables][pcre]") {
  CHECK(Patterns("/^(?<n>\\w+)@/ $1\n", "pcre").find("ann@x") == "ann :1");
  CHECK(Patterns("/ANN/ x\n", "pcre").find("ann") == "x :1");
  CHECK(Patterns("/a n n/x x\n", "pcre").find("ann") == "x :1");
  CHECK(Patterns("/n/A x\n", "pcre").find("ann") == "absent");
  const std::string slow = Patterns("/^(a+)+$/ x\n", "pcre").find(std::string(60, 'a') + "b");
  CHECK(slow == "failed: pcre:/t:1: match limit exceeded");
}
#endif

}  // namespace shorthop::test
