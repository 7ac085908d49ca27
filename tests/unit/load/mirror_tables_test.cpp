// Listings, databases with the lines of their text, unions, pipes, and users known by their .forward files.
#include "load/mirror/mirror_tables.h"

#include <map>
#include <memory>

#include "support/catch.h"
#include "support/map_files.h"
#include "support/map_table.h"
#include "support/settings_directory.h"
#include "tables/open.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

/// "VALUE", "VALUE (line N)", "absent", "not mirrored" or "failed".
std::string answer(const Table& table, std::string_view key) {
  const Lookup found = table.find(LookupKey(key));
  if (!found) return found.error().kind == FailureKind::not_mirrored ? "not mirrored" : "failed";
  if (!*found) return "absent";
  return (*found)->line == 0 ? (*found)->value : (*found)->value + " (line " + std::to_string((*found)->line) + ")";
}

std::shared_ptr<const Table> listed(std::string_view text, bool is_complete = true) {
  return listed_table("mysql:/x.cf", text, is_complete, {});
}

/// A table with one entry, in the given line.
class LineTable final : public Table {
 public:
  LineTable(std::string key, std::string value, std::uint32_t line)
      : Table("text:/x"), key_(std::move(key)), entry_{std::move(value), line} {}
  Lookup find(const LookupKey& key, Deadline) const override {
    if (key.folded == "broken") return std::unexpected(LookupFailure{"broken", FailureKind::unavailable});
    return key.folded == key_ ? Lookup(entry_) : Lookup(std::nullopt);
  }

 private:
  std::string key_;
  Entry entry_;
};

}  // namespace

TEST_CASE("postmap -s: a key, a tab and the value; keys are folded", "[load][mirror-tables]") {
  const auto table = listed("Ann@Example.org\tann@example.com, bob@example.com\n\n@example.org all \nalone\n\tvalue\n");
  CHECK(answer(*table, "ann@example.org") == "ann@example.com, bob@example.com (line 1)");
  CHECK(answer(*table, "@example.org") == "all (line 3)");
  CHECK(answer(*table, "alone") == "absent");
  CHECK(answer(*table, "") == "absent");
  CHECK(table->entries() == 2);
  CHECK(table->name() == "mysql:/x.cf");
}

TEST_CASE("DESIGN 2.2: an entry that has expired since the export is not known", "[load][mirror-tables]") {
  const std::chrono::sys_seconds long_ago{std::chrono::seconds(1)};
  const std::chrono::sys_seconds not_yet{std::chrono::years(200)};
  const auto table =
      listed_table("mysql:/x.cf", "old@example.org\tann\nNew@example.org\tann\n@example.org\tbob\n", true, {},
                   {{"old@example.org", long_ago}, {"new@example.org", not_yet}, {"gone", long_ago}});
  CHECK(answer(*table, "old@example.org") == "not mirrored");
  CHECK(answer(*table, "new@example.org") == "ann (line 2)");
  CHECK(answer(*table, "@example.org") == "bob (line 3)");
  CHECK(answer(*table, "gone") == "absent");
}

TEST_CASE("postmap -s: with a tab in the line, spaces belong to the key", "[load][mirror-tables]") {
  const auto table = listed("a b@example.org\tx\n\"c d\"@example.org\ty\n");
  CHECK(answer(*table, "a b@example.org") == "x (line 1)");
  CHECK(answer(*table, "\"c d\"@example.org") == "y (line 2)");
}

TEST_CASE("a listing: the values of a key in several lines are joined, as Postfix joins rows",
          "[load][mirror-tables]") {
  const auto table = listed("team@example.org\tann\nother@example.org\tx\nTEAM@example.org\tbob\n");
  CHECK(answer(*table, "team@example.org") == "ann, bob (line 1)");
  std::map<std::string, std::string> entries;
  CHECK(table->each_entry(
      [&](std::string_view key, std::string_view value, std::uint32_t) { entries[std::string(key)] = value; }));
  CHECK(entries == std::map<std::string, std::string>{{"team@example.org", "ann, bob"}, {"other@example.org", "x"}});
}

TEST_CASE("shorthop-tables(5), enumerable: a key that is not listed is absent only if the listing is complete",
          "[load][mirror-tables]") {
  CHECK(answer(*listed("a\tb\n"), "c") == "absent");
  CHECK(answer(*listed("a\tb\n", false), "c") == "not mirrored");
  CHECK(answer(*listed("a\tb\n", false), "a") == "b (line 1)");
  CHECK(answer(*listed(""), "a") == "absent");
}

TEST_CASE(
    "a listing of a pattern table has no partial keys, and a key that differs in case from a listed one is not known",
    "[load][mirror-tables]") {
  const auto table = listed_table("socketmap:unix:/s:virtual",
                                  "@example.org\tall\nann@example.org\tx\nBob@example.org\ty\n", true, {});
  CHECK(table->is_pattern());
  CHECK(answer(*table, "ann@example.org") == "x (line 2)");
  CHECK(answer(*table, "carl@example.org") == "absent");
  CHECK(answer(*table, "bob@example.org") == "not mirrored");
  const Lookup found = table->find({"Ann@example.org", "ann@example.org"});
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == FailureKind::not_mirrored);
  for (const char* name : {"tcp:a:1", "pcre:/x", "unionmap:{tcp:a:1, hash:/x}"}) {
    CHECK(listed_table(name, "", true, {})->is_pattern());
  }
  CHECK_FALSE(listed("")->is_pattern());
}

TEST_CASE("the entries of a database are used; its text gives line numbers where both agree", "[load][mirror-tables]") {
  const auto database = std::make_shared<MapTable>(Entries{{"ann", "x"}, {"bob", "y"}, {"broken", "z"}}, "hash:/x");
  const auto table = with_lines_of(database, std::make_shared<LineTable>("ann", "x", 7));
  CHECK(answer(*table, "ann") == "x (line 7)");
  CHECK(answer(*table, "bob") == "y");
  CHECK(answer(*table, "broken") == "z");
  CHECK(table->name() == "hash:/x");
  const auto other = with_lines_of(database, std::make_shared<LineTable>("ann", "newer", 7));
  CHECK(answer(*other, "ann") == "x");
  const auto added = with_lines_of(database, std::make_shared<LineTable>("carl", "newer", 7));
  CHECK(answer(*added, "carl") == "absent");
  CHECK(with_lines_of(database, nullptr) == database);
  database->broken_key = "ann";
  CHECK(answer(*table, "ann") == "failed");
}

TEST_CASE("DATABASE_README unionmap: a key has its values in all tables; if one table fails, so does the look-up",
          "[load][mirror-tables]") {
  const auto first = std::make_shared<MapTable>(Entries{{"team", "ann"}, {"one", "x"}});
  const auto second = std::make_shared<MapTable>(Entries{{"team", "bob"}, {"two", "y"}});
  const auto table = union_table("unionmap:{a,b}", {first, second});
  CHECK(answer(*table, "team") == "ann,bob");
  CHECK(answer(*table, "one") == "x");
  CHECK(answer(*table, "two") == "y");
  CHECK(answer(*table, "three") == "absent");
  CHECK_FALSE(table->is_pattern());
  second->broken_key = "one";
  CHECK(answer(*table, "one") == "failed");
  CHECK(union_table("unionmap:{regexp:/a, hash:/b}", {first, second})->is_pattern());
}

TEST_CASE("util/dict_utf8.c: a union folds the key, unless its first table has patterns", "[load][mirror-tables]") {
  const MapFiles files({{"/re", std::string("/^Ann@x$/i as-written\n/^ann@x$/i lower\n")}});
  Backends backends;
  Diagnostics problems;
  const auto patterns = open_table("regexp:/re", files, backends, problems, {.text_format = TextFormat::texthash});
  const auto fixed =
      open_table("inline:{ ann@x=fixed }", files, backends, problems, {.text_format = TextFormat::texthash});
  const auto value = [](const std::shared_ptr<const Table>& table) {
    return table->find(LookupKey("Ann@x", "ann@x")).value().value().value;
  };
  CHECK(value(union_table("unionmap:{inline:{ ann@x=fixed }, regexp:/re}", {fixed, patterns})) == "fixed,lower");
  CHECK(value(union_table("unionmap:{regexp:/re, inline:{ ann@x=fixed }}", {patterns, fixed})) == "as-written,fixed");
}

TEST_CASE("DATABASE_README pipemap: a value is the key for the next table, in lower case", "[load][mirror-tables]") {
  const auto first = std::make_shared<MapTable>(Entries{{"boss", "Ann"}, {"gone", "nobody"}});
  const auto second = std::make_shared<MapTable>(Entries{{"ann", "ann@example.com"}, {"direct", "x"}});
  const auto table = pipe_table("pipemap:{a,b}", {first, second});
  CHECK(answer(*table, "boss") == "ann@example.com");
  CHECK(answer(*table, "gone") == "absent");
  CHECK(answer(*table, "direct") == "absent");
  CHECK_FALSE(table->is_pattern());
  CHECK_FALSE(pipe_table("pipemap:{hash:/a, regexp:/b}", {first, second})->is_pattern());
  CHECK(pipe_table("pipemap:{regexp:/a, hash:/b}", {first, second})->is_pattern());
  second->broken_key = "ann";
  CHECK(answer(*table, "boss") == "failed");
}

TEST_CASE("transport(5): a result with $1 is not used, also within a union or a pipe", "[load][mirror-tables]") {
  const MapFiles files({{"/re", std::string("/^(ann)$/ $1:\n/^bob$/ smtp:\n")}});
  Backends backends;
  Diagnostics problems;
  const auto patterns = open_table("regexp:/re", files, backends, problems, {.text_format = TextFormat::texthash});
  const auto any = open_table("static:x", files, backends, problems, {.text_format = TextFormat::texthash});
  for (const auto& table : {patterns, union_table("u", {any, patterns}), pipe_table("p", {patterns, any})}) {
    CAPTURE(table->name());
    CHECK(table->find("ann"));  // another parameter may have the same table
    const Lookup found = fail_at_substitution(table)->find("ann");
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == FailureKind::not_followed);
    CHECK(fail_at_substitution(table)->find("bob"));
  }
}

TEST_CASE("if only .forward files show users, other users are unknown", "[load][mirror-tables]") {
  const SettingsDirectory directory;
  directory.put("forward/ann", "bob@example.com\n");
  const auto table = users_with_forward_files(directory / "forward");
  CHECK(answer(*table, "ann").empty());
  CHECK(answer(*table, "bob") == "not mirrored");
  CHECK(answer(*users_with_forward_files(directory / "nowhere"), "ann") == "not mirrored");
}

}  // namespace shorthop::test
