// Tables by name: DATABASE_README, and the types that need no library.
#include "tables/open.h"

#include <filesystem>

#include "support/table_texts.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

/// A table opened by name, with files in a map.
struct Opened {
  std::shared_ptr<const Table> table;
  Diagnostics problems;

  explicit Opened(std::string_view name, const MapFiles& files = MapFiles(), TextFormat format = TextFormat::virtual5) {
    Backends backends;
    table = open_table(name, files, backends, problems, {.text_format = format});
  }
  std::string answer(std::string_view key) const {
    if (!table) return "no table";
    const Lookup found = table->find(key);
    if (!found) return "failed: " + found.error().text();
    return *found ? (*found)->value : "absent";
  }
  std::string said() const {
    std::string text;
    for (const Diagnostic& problem : problems) text += problem.text();
    return text;
  }
};

TEST_CASE("DATABASE_README: a table is named type:name, and proxy: is dropped", "[tables][open]") {
  const MapFiles files(std::map<std::string, std::string>{{"/v", "a 1\n"}});
  CHECK(Opened("text:/v", files).answer("a") == "1");
  CHECK(Opened("texthash:/v", files).answer("a") == "1");
  CHECK(Opened("proxy:texthash:/v", files).answer("a") == "1");
  CHECK(Opened("proxy:texthash:/v", files).table->name() == "texthash:/v");
}

TEST_CASE("DESIGN 5: text: is read in the format of the setting, texthash: always like postmap(1)", "[tables][open]") {
  const MapFiles files(std::map<std::string, std::string>{{"/a", "a: 1\n"}, {"/v", "a 1\n"}});
  CHECK(Opened("text:/a", files, TextFormat::aliases5).answer("a") == "1");
  CHECK(Opened("text:/a", files, TextFormat::first_word).answer("a") == "1");
  CHECK(Opened("text:/a", files, TextFormat::virtual5).answer("a") == "absent");
  CHECK(Opened("texthash:/v", files, TextFormat::aliases5).answer("a") == "1");
}

TEST_CASE("a name that is not a valid table is an error with the fix", "[tables][open]") {
  CHECK(Opened("/etc/aliases")
            .said()
            .starts_with("/etc/aliases: error: expected \"type:name\" (fix: write TYPE:NAME; the types are text,"));
  CHECK(Opened("fail:/x").said().starts_with("fail:/x: error: unsupported table type"));
  CHECK(Opened("text:").said().contains("missing name after the type"));
  CHECK(Opened("").table == nullptr);
  CHECK(Opened("proxy:").table == nullptr);
  CHECK(Opened("netinfo:x").problems.at(0).error_class == ErrorClass::settings);
}

TEST_CASE("sysexits.h, EX_NOINPUT: a missing or unreadable file", "[tables][open]") {
  const MapFiles files(std::map<std::string, std::string>{{"/u", "unreadable"}});
  const Opened missing("text:/no", files);
  CHECK(missing.table == nullptr);
  CHECK(missing.said() == "/no: error: cannot read the table: no such file (fix: correct the path)");
  CHECK(missing.problems.at(0).error_class == ErrorClass::missing);
  const Opened unreadable("text:/u", files);
  CHECK(unreadable.said() == "/u: error: cannot read the table: permission denied (fix: let this user read it)");
  CHECK(unreadable.problems.at(0).error_class == ErrorClass::missing);
  const Opened without_parameters("mysql:/no", files);
  CHECK(without_parameters.said() == missing.said());
  CHECK(without_parameters.problems.at(0).error_class == ErrorClass::missing);
}

TEST_CASE("DATABASE_README: an inline: table has the pairs in its name", "[tables][open][inline]") {
  CHECK(Opened("inline:{a=1}").answer("a") == "1");
  const Opened table("inline:{ {Key = value with spaces, and a comma}, b=2 c=3\t{ \"d e\" = 4 } x= }");
  CHECK(table.said() == "");
  CHECK(table.answer("key") == "value with spaces, and a comma");
  CHECK(table.answer("b") == "2");
  CHECK(table.answer("c") == "3");
  CHECK(table.answer("\"d e\"") == "4");
  CHECK(table.answer("x") == "");
  CHECK(table.answer("y") == "absent");
  CHECK(table.table->entries() == 5U);
}

TEST_CASE("dict_inline.c: the last of two values is used", "[tables][open][inline]") {
  CHECK(Opened("inline:{a=1, A=2}").answer("a") == "2");
}

TEST_CASE("util/casefold.c: the keys of an inline table are folded beyond ASCII too", "[tables][open][inline]") {
  const Opened table("inline:{ {\u00c9VA@example.org = eva}, {@\u00dc.example = all} }");
  CHECK(table.answer("\u00e9va@example.org") == "eva");
  CHECK(table.answer("@\u00fc.example") == "all");
}

TEST_CASE("dict_inline.c: bad syntax is an error", "[tables][open][inline]") {
  for (const char* name : {"inline:a=1", "inline:{a=1", "inline:{a=1} ", "inline:{}", "inline:{ }", "inline:{a}",
                           "inline:{{a=1}x}", "inline:{{a=1 b=2}", "inline:{\"a=1}", "inline:{a b}"}) {
    INFO(name);
    const Opened table(name);
    CHECK(table.table == nullptr);
    CHECK(table.said().contains("inline:{ {key = value}, key=value }"));
  }
}

TEST_CASE("DATABASE_README: a static: table has one value for every key", "[tables][open][static]") {
  CHECK(Opened("static:all").answer("any") == "all");
  CHECK(Opened("static:all").answer("") == "all");
  CHECK(Opened("static:{ a value with spaces }").answer("x") == "a value with spaces");
  CHECK(Opened("static:{x").said().contains("static:{ value }"));
  CHECK(Opened("static:{x}y").table == nullptr);
}

TEST_CASE("DATABASE_README: unix:passwd.byname and unix:group.byname give the entries of the system",
          "[tables][open][unix]") {
  const Opened users("unix:passwd.byname");
  CHECK(users.answer("root").starts_with("root:x:0:0:"));
  CHECK(users.answer("no such user") == "absent");
  CHECK(users.answer(std::string("root\0", 5)) == "absent");
  CHECK(users.answer(std::string(100'000, 'a')) == "absent");
  CHECK_FALSE(users.table->entries());
  CHECK(Opened("unix:group.byname").answer("root").starts_with("root:x:0:"));
  CHECK(Opened("proxy:unix:passwd.byname").answer("root") != "absent");
  CHECK(Opened("unix:shadow.byname").said().contains("unix:passwd.byname or unix:group.byname"));
}

TEST_CASE("a failing table fails each look-up with its message", "[tables][open]") {
  const auto table = failing_table("ldap:/x", "unsupported table type", FailureKind::not_mirrored);
  CHECK(table->name() == "ldap:/x");
  const Lookup found = table->find("a");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().text() == "ldap:/x: unsupported table type");
  CHECK(found.error().place == "ldap:/x");
  CHECK(found.error().why == "unsupported table type");
  CHECK(found.error().kind == FailureKind::not_mirrored);
}

TEST_CASE("inline and static: any bytes give a table or an error", "[tables][open]") {
  RandomText random(10);
  for (int i = 0; i < 20000; ++i) {
    const std::string rest = random.of("{}=, \t\"\\ab", 16);
    for (const char* type : {"inline:", "inline:{", "static:", "static:{"}) {
      const Opened table(type + rest);
      REQUIRE((table.table == nullptr) == has_error(table.problems));
      if (table.table) CHECK_FALSE(table.answer("a").starts_with("failed"));
    }
  }
}

}  // namespace
}  // namespace shorthop::test
