// sqlite: tables. tests/oracle compares them with postmap -q.
#ifdef SHORTHOP_WITH_SQLITE
#include <sqlite3.h>

#include <chrono>
#include <filesystem>

#include "support/settings_directory.h"
#include "support/table_texts.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

/// A database, and a table file on it.
class Sqlite {
 public:
  explicit Sqlite(const std::string& parameters, std::chrono::milliseconds max_wait = 2s) {
    run("CREATE TABLE alias (address, goto); INSERT INTO alias VALUES ('ann@x', 'bob@y'), ('ann@x', 'c'), "
        "('o''neil@x', 'found'), ('null@x', NULL), ('ann@bücher.example', 'folded'), ('latin@x', CAST(x'e9' AS "
        "TEXT));");
    directory_.put("table.cf", "dbpath = " + path() + "\n" + parameters);
    LiveLimits limits{.cache_ttl = 0ms, .max_wait = max_wait};
    backends_.use({limits, ""});
    table_ = open_table("sqlite:" + (directory_ / "table.cf").string(), SystemFiles(), backends_, problems_);
  }

  void run(const std::string& sql, const std::string& name = "db") const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((directory_ / name).c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }
  std::string path() const { return directory_ / "db"; }
  void put(const std::string& name, const std::string& text) const { directory_.put(name, text); }
  std::string said() const { return problems_.empty() ? "" : directory_.shown(problems_.front().text()); }
  Lookup answer(std::string_view key) const { return table_->find(key); }
  std::string find(std::string_view key) const {
    const Lookup found = answer(key);
    if (!found) return directory_.shown(found.error().text());
    return *found ? (*found)->value : "absent";
  }

 private:
  SettingsDirectory directory_;
  Backends backends_;
  Diagnostics problems_;
  std::shared_ptr<const Table> table_;
};

constexpr const char* select_by_address = "query = SELECT goto FROM alias WHERE address='%s'\n";

}  // namespace

TEST_CASE("sqlite_table(5): rows are joined; NULL counts as no row; both forms of the query", "[tables][sqlite]") {
  const Sqlite table(select_by_address);
  CHECK(table.find("ann@x") == "bob@y,c");
  CHECK(table.find("null@x") == "absent");
  CHECK(table.find("nobody@x") == "absent");
  CHECK(table.find("latin@x").contains("not UTF-8"));
  CHECK(table.find("\xff@x") == "absent");
  const Sqlite old("table = alias\nselect_field = goto\nwhere_field = address\nresult_format = %s!\n");
  CHECK(old.find("ann@x") == "bob@y!,c!");
  CHECK(Sqlite(std::string(select_by_address) + "expansion_limit = 1\n").find("ann@x").contains("expansion_limit"));
}

TEST_CASE("sqlite: no key ends the quotes of a query", "[tables][sqlite]") {
  const Sqlite table(select_by_address);
  CHECK(table.find("o'neil@x") == "found");
  for (const char* key : {"' OR '1'='1", "'; DROP TABLE alias; --", "\\' OR 1=1 --", "''", "'", "%' OR '%'='", "x\\"}) {
    CHECK(table.find(key) == "absent");
  }
  CHECK(table.find(std::string(1000, '\'')) == "absent");
  CHECK(table.find(std::string_view("ann@x\0'", 7)).contains("NUL"));
  CHECK(table.find("ann@x") == "bob@y,c");
}

TEST_CASE("sqlite: the database is opened for reading only", "[tables][sqlite]") {
  const Sqlite table("query = DELETE FROM alias\n");
  CHECK(table.find("ann@x").contains("readonly"));
}

TEST_CASE("sqlite: a query that takes too long ends at the deadline", "[tables][sqlite]") {
  const Sqlite table("query = WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n\n",
                     100ms);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(table.answer("ann@x").error().kind == FailureKind::timeout);
  CHECK(std::chrono::steady_clock::now() - begun < 1s);
}

TEST_CASE("sqlite: a missing or damaged file is a failure, and a replaced file is opened again", "[tables][sqlite]") {
  const Sqlite table(select_by_address);
  std::filesystem::remove(table.path());
  CHECK(table.find("ann@x").contains("cannot open DIR/db"));
  table.put("db", "not a database, but a text that is long enough to be looked at");
  CHECK(table.find("ann@x").contains("not a database"));
  table.run("CREATE TABLE alias (address, goto); INSERT INTO alias VALUES ('ann@x', 'new');", "new");
  std::filesystem::rename(table.path().substr(0, table.path().size() - 2) + "new", table.path());
  std::string last;
  for (int i = 0; i < 10 && last != "new"; ++i) last = table.find("ann@x");
  CHECK(last == "new");
}

TEST_CASE("sqlite: in a truncated file, a key that was there is never absent", "[tables][sqlite]") {
  const Sqlite table(select_by_address);
  std::string rows = "BEGIN; ";
  for (int i = 0; i < 500; ++i) rows += "INSERT INTO alias VALUES ('user" + std::to_string(i) + "@x', 'y'); ";
  table.run(rows + "COMMIT");
  CHECK(table.find("user499@x") == "y");
  const auto whole = std::filesystem::file_size(table.path());
  for (auto size = whole - 1; size > whole - 4096; size -= 101) {
    std::filesystem::resize_file(table.path(), size);
    CHECK_FALSE(table.answer("user499@x"));
  }
}

TEST_CASE("sqlite: errors in a table file", "[tables][sqlite]") {
  CHECK(Sqlite("").said() == "DIR/table.cf: error: there is no query");
  CHECK(Sqlite("query = %x\n").said().contains("query: unknown letter after '%'"));
  CHECK(Sqlite(std::string(select_by_address) + "nonsense\n").said() == "DIR/table.cf:3: error: expected name = value");
  CHECK(Sqlite(std::string(select_by_address) + "expansion_limit = x\n").said().contains("is not a number"));
  CHECK(Sqlite("query = -- %s\n").find("ann@x").contains("the query is empty"));
  const std::string unknown = Sqlite(std::string(select_by_address) + "other = 1\n").said();
  CHECK(unknown.contains(
      "its parameter other is not known here, and tables of type sqlite are looked up by this host's postmap"));
}

TEST_CASE("sqlite_table(5) domain: other keys are not looked up", "[tables][sqlite]") {
  CHECK(Sqlite(std::string(select_by_address) + "domain = y, x\n").find("ann@x") == "bob@y,c");
  CHECK(Sqlite(std::string(select_by_address) + "domain = BÜCHER.example\n").find("ann@bücher.example") == "folded");
  CHECK(Sqlite(std::string(select_by_address) + "domain = inline:{ y=1 }\n").find("ann@x") == "absent");
  CHECK(Sqlite(std::string(select_by_address) + "domain = /nonexistent\n").find("ann@x").contains("cannot be read"));
  for (const char* missing : {"/nonexistent", "hash:/nonexistent"}) {
    const Sqlite table(std::string(select_by_address) + "domain = " + missing + "\n");
    CHECK(table.answer("ann@x").error().kind == FailureKind::not_mirrored);  // it lasts: it is not lookup-failed
  }
}

}  // namespace shorthop::test
#endif
