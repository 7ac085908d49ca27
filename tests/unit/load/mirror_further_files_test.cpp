// Tables of a mirror that are read through further files: the parameter domain of a table file, databases of SQLite.
#include "load/mirror/mirror.h"

#ifdef SHORTHOP_WITH_SQLITE
#include <sqlite3.h>
#endif

#include "support/catch.h"
#include "tables/types/backends.h"
#include "unit/load/mirror_directory.h"

namespace shorthop::test {
namespace {

namespace fs = std::filesystem;

}  // namespace

#ifdef SHORTHOP_WITH_SQLITE
TEST_CASE("the domain parameter of a mirrored table file names the primary's tables, so they are read from the mirror",
          "[load][mirror]") {
  Mirror mirror;
  mirror.put("mirror/files/db", "");  // an empty file is an empty database
  mirror.put("mirror/files/etc/postfix/domains.cf", "dbpath = /db\nquery = SELECT 'x' WHERE '%s'='a.example'\n");
  mirror.put("mirror/files/etc/postfix/domains", "c.example x\n");
  mirror.put("mirror/files/etc/postfix/patterns", "/^d\\./ x\n");
  mirror.put("mirror/listed/hash:/etc/postfix/listing", "e.example\tx\n");
  mirror.put("mirror/manifest", "enumerable = hash:/etc/postfix/listing\n");
  const auto found = [&](const std::string& domain, const std::string& key) {
    mirror.put("mirror/files/etc/postfix/v.cf", "dbpath = /db\nquery = SELECT 'found'\ndomain = " + domain + "\n");
    return mirror.answer("sqlite:/etc/postfix/v.cf", key);
  };
  const std::string asked = "proxy:sqlite:/etc/postfix/domains.cf";
  CHECK(found(asked, "ann@a.example") == "found");
  CHECK(found(asked, "ann@b.example") == "absent");
  CHECK(found("b.example, " + asked, "ann@b.example") == "found");
  CHECK(found("!b.example, !" + asked + ", static:all", "ann@a.example") == "absent");
  CHECK(found("hash:/etc/postfix/domains", "ann@c.example") == "found");
  CHECK(found("regexp:/etc/postfix/patterns", "ann@d.example") == "found");
  CHECK(found("hash:/etc/postfix/listing", "ann@e.example") == "found");
  CHECK(found("hash:/etc/postfix/listing", "ann@f.example") == "absent");
  CHECK(mirror.said.empty());
  CHECK(found("sqlite:/etc/postfix/missing.cf", "ann@a.example") == "not mirrored");
  CHECK(mirror.said.contains("the primary's domain of sqlite:"));
  CHECK(
      mirror.said.contains("names sqlite:/etc/postfix/missing.cf: files/etc/postfix/missing.cf is not in the mirror"));
  CHECK(found("sqlite:/etc/postfix/v.cf", "ann@a.example") == "not mirrored");
}

TEST_CASE("the domain parameter: a list file of the primary names files and tables of the primary", "[load][mirror]") {
  Mirror mirror;
  mirror.put("mirror/files/db", "");
  const std::string here = (mirror / "here").string();  // this host and the primary have different files of that name
  mirror.put("here", "b.example x\n");
  mirror.put("mirror/files" + here, "a.example x\n");
  mirror.put("mirror/files/etc/postfix/v.cf", "dbpath = /db\nquery = SELECT 'found'\ndomain = /etc/postfix/list\n");
  for (const std::string& named : {here, "texthash:" + here}) {
    mirror.put("mirror/files/etc/postfix/list", named + "\n");
    CHECK(mirror.answer("sqlite:/etc/postfix/v.cf", "ann@a.example") == "found");
    CHECK(mirror.answer("sqlite:/etc/postfix/v.cf", "ann@b.example") == "absent");
  }
}

TEST_CASE("the domain parameter: a database with less than half of the entries of its text is not used",
          "[load][mirror]") {
  Mirror mirror;
  const std::string golden = SHORTHOP_SOURCE_DIR "/tests/unit/tables/golden/virtual";
  fs::create_directories(mirror / "mirror/files/etc");
  fs::copy_file(golden + ".db", mirror / "mirror/files/etc/domains.db");
  mirror.answer("hash:/etc/domains", "ann@example.org");
  if (mirror.said.contains("was built without")) return;  // Berkeley DB is optional
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "d" + std::to_string(i) + ".example x\n";
  mirror.put("mirror/files/etc/domains", text);
  fs::last_write_time(mirror / "mirror/files/etc/domains", fs::file_time_type::clock::now() - std::chrono::hours(1));
  mirror.put("mirror/files/db", "");
  mirror.put("mirror/files/etc/v.cf", "dbpath = /db\nquery = SELECT 'found'\ndomain = hash:/etc/domains\n");
  CHECK(mirror.answer("sqlite:/etc/v.cf", "ann@d1.example") == "not mirrored");
  CHECK(mirror.said.contains("the database may have been copied while it was being written"));
}

TEST_CASE("sqlite: the database of a mirror is copied when it is loaded", "[load][mirror]") {
  Mirror mirror;
  fs::create_directories(mirror / "mirror/files/var");
  const auto run = [&](const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((mirror / "mirror/files/var/db").c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  };
  run("CREATE TABLE alias (address, goto); INSERT INTO alias VALUES ('ann@x', 'bob@y');");
  mirror.put("mirror/files/etc/v.cf", "dbpath = /var/db\nquery = SELECT goto FROM alias WHERE address='%s'\n");
  Backends backends;
  const SystemFiles system;
  TableOpener opener(system, backends);
  Diagnostics warnings;
  MirrorFiles files(*find_mirror((mirror / "mirror").string(), system), system, opener, warnings);
  const auto loaded = files.open("sqlite:/etc/v.cf", "virtual_alias_maps");
  run("DELETE FROM alias");
  REQUIRE(loaded->find("ann@x"));
  REQUIRE(*loaded->find("ann@x"));
  CHECK((*loaded->find("ann@x"))->value == "bob@y");
  CHECK(mirror.answer("sqlite:/etc/v.cf", "ann@x") == "absent");
  fs::resize_file(mirror / "mirror/files/var/db", fs::file_size(mirror / "mirror/files/var/db") - 1);
  CHECK(mirror.answer("sqlite:/etc/v.cf", "ann@x") == "not mirrored");
  CHECK(mirror.said.contains("truncated"));
}

TEST_CASE("sqlite: a copy of a database in WAL mode may lack transactions, so it is refused", "[load][mirror]") {
  Mirror mirror;
  fs::create_directories(mirror / "mirror/files/var");
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((mirror / "mirror/files/var/db").c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, "PRAGMA journal_mode=WAL; CREATE TABLE alias (goto)", nullptr, nullptr, nullptr) ==
        SQLITE_OK);
  sqlite3_close(database);
  mirror.put("mirror/files/etc/v.cf", "dbpath = /var/db\nquery = SELECT goto FROM alias\n");
  CHECK(mirror.answer("sqlite:/etc/v.cf", "ann@x") == "not mirrored");
  CHECK(mirror.said.contains("cannot be asked from this host: the database is in WAL mode"));
  CHECK(mirror.said.contains("VACUUM INTO"));
  CHECK(std::distance(fs::directory_iterator(mirror / "mirror/files/var"), fs::directory_iterator()) == 1);
}
#endif

}  // namespace shorthop::test
