// A mirror on disk: whole or torn, its files under their own paths, and its tables.
#include "load/mirror/mirror.h"

#include "support/catch.h"
#include "unit/load/mirror_directory.h"

namespace shorthop::test {
namespace {

namespace fs = std::filesystem;

std::string read(const Mirror& mirror, const std::string& path) {
  const SystemFiles system;
  const RootedFiles files(system, mirror / "mirror/files");
  const auto text = files.read(path);
  return text ? *text : text.error().what;
}

}  // namespace

TEST_CASE("DESIGN 5: a mirror is loaded as a whole or not at all: nothing in it may be newer than its stamp",
          "[load][mirror]") {
  Mirror mirror;
  CHECK(mirror.why_torn().empty());  // without a stamp, this is not known
  mirror.put("mirror/files/etc/aliases", "a: b\n");
  mirror.stamp();
  CHECK(mirror.why_torn().empty());
  wait_a_tick();
  SECTION("a file with other text") {
    mirror.put("mirror/files/etc/aliases", "a: c\n");
    CHECK(mirror.why_torn() ==
          "DIR/mirror/files/etc/aliases was changed after the stamp: a copy is under way, or failed");
  }
  SECTION("a file that kept its modification time, as after rsync --times") {
    const auto written = fs::last_write_time(mirror / "mirror/files/etc/aliases");
    mirror.put("mirror/files/etc/aliases", "a: c\n");
    fs::last_write_time(mirror / "mirror/files/etc/aliases", written);
    CHECK(mirror.why_torn().starts_with("DIR/mirror/files/etc/aliases was changed"));
  }
  SECTION("a directory that lost a file") {
    fs::remove(mirror / "mirror/files/etc/aliases");
    CHECK(mirror.why_torn().starts_with("DIR/mirror/files/etc was changed"));
  }
  SECTION("the mirror itself, if it lost a file") {
    const auto later = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1100)); };
    fs::remove(mirror / "mirror/postconf");
    CHECK(mirror.why_torn().empty());  // it may have been a work file
    later();
    fs::remove_all(mirror / "mirror/files");
    CHECK(mirror.why_torn() == "DIR/mirror was changed after the stamp: a copy is under way, or failed");
    mirror.put("mirror/.lock", "");
    CHECK(mirror.why_torn().empty());  // a newer work file may have changed the directory
  }
  SECTION("the time of the mirror itself, which rsync --times sets by the clock of the primary") {
    fs::last_write_time(mirror / "mirror", fs::file_time_type::clock::now() + std::chrono::hours(1));
    CHECK(mirror.why_torn().empty());
  }
  SECTION("the change time of the mirror itself, which a rename sets") {
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    fs::rename(mirror / "mirror", mirror / "other");
    fs::rename(mirror / "other", mirror / "mirror");
    CHECK(mirror.why_torn().empty());
  }
  SECTION("a link") {
    fs::create_symlink("postconf", mirror / "mirror/master");
    CHECK(mirror.why_torn().starts_with("DIR/mirror/master was changed"));
  }
  SECTION("a link to a file that is not there") {
    fs::create_directories(mirror / "mirror/files");
    fs::create_symlink("/nowhere", mirror / "mirror/files/x");
    CHECK_FALSE(mirror.why_torn().empty());
  }
  mirror.stamp();
  CHECK(mirror.why_torn().empty());
}

TEST_CASE("a mirror behind a link is read from the directory that the link named first", "[load][mirror]") {
  const Mirror mirror;
  fs::create_directory_symlink("mirror", mirror / "current");
  const auto mirror_directory = find_mirror((mirror / "current").string(), SystemFiles());
  REQUIRE(mirror_directory);
  CHECK(mirror_directory->root == fs::canonical(mirror / "mirror"));
  CHECK_FALSE(mirror_directory->stamp.exists);
  CHECK(find_mirror((mirror / "nowhere").string(), SystemFiles()).error().what == "no such file or directory");
  CHECK(find_mirror((mirror / "mirror/postconf").string(), SystemFiles()).error().what == "not a directory");
}

TEST_CASE("files of the primary are read under their own paths", "[load][mirror]") {
  Mirror mirror;
  mirror.put("secret", "secret\n");
  mirror.put("mirror/files/etc/real", "text\n");
  fs::create_symlink("real", mirror / "mirror/files/etc/link");
  fs::create_symlink("missing", mirror / "mirror/files/etc/dangling");
  fs::create_symlink("/etc/real", mirror / "mirror/files/etc/absolute");
  fs::create_symlink("../../../secret", mirror / "mirror/files/etc/out");
  fs::create_directory_symlink("../../..", mirror / "mirror/files/etc/out_directory");
  CHECK(read(mirror, "/etc/real") == "text\n");
  CHECK(read(mirror, "etc/real") == "text\n");
  CHECK(read(mirror, "/etc/link") == "text\n");
  CHECK(read(mirror, "/etc/missing") == "no such file");
  CHECK(read(mirror, "/etc/real/below") == "no such file");
  CHECK(read(mirror, "/etc/dangling") == "a symbolic link to a file that was not copied");
  CHECK_FALSE(read(mirror, "/etc/absolute") == "text\n");
  CHECK(read(mirror, "/etc/out") == "a symbolic link that leads out of the mirror");
  CHECK(read(mirror, "/etc/out_directory/secret") == "a symbolic link that leads out of the mirror");
  CHECK(read(mirror, "/../../secret") == "a symbolic link that leads out of the mirror");
  const SystemFiles system;
  const RootedFiles files(system, mirror / "mirror/files");
  CHECK(files.stamp("/etc/real").is_regular);
  CHECK_FALSE(files.stamp("/etc/out").exists);
  CHECK_FALSE(files.stamp("/etc/missing").exists);
}

TEST_CASE("tables of a mirror: text, listing, data in the table's name, proxy:", "[load][mirror]") {
  Mirror mirror;
  mirror.put("mirror/files/etc/virtual", "ann@example.org  ann@example.com\n");
  mirror.put("mirror/files/etc/names", "ann: ann@example.com\n");
  mirror.put("mirror/listed/mysql:/etc/v.cf", "ann@example.org\tbob@example.com\n");
  mirror.put("mirror/listed/ldap:/etc/w.cf", "ann@example.org\tcarl@example.com\n");
  mirror.put("mirror/manifest", "version = 1\nenumerable = ldap:/etc/w.cf\nenumerable\nenumerable = x\n");
  CHECK(mirror.answer("hash:/etc/virtual", "ann@example.org") == "ann@example.com");
  CHECK(mirror.answer("proxy:hash:/etc/virtual", "bob@example.org") == "absent");
  CHECK(mirror.answer("texthash:/etc/virtual", "ann@example.org") == "ann@example.com");
  CHECK(mirror.answer("hash:/etc/names", "ann", "hash:/etc/names") == "ann@example.com");
  CHECK(mirror.answer("proxy:mysql:/etc/v.cf", "ann@example.org") == "bob@example.com");
  CHECK(mirror.answer("mysql:/etc/v.cf", "bob@example.org") == "not mirrored");
  CHECK(mirror.answer("ldap:/etc/w.cf", "bob@example.org") == "absent");
  CHECK(mirror.answer("inline:{ ann=bob@example.com }", "ann") == "bob@example.com");
  CHECK(mirror.answer("static:all", "x") == "all");
  CHECK(mirror.answer("unionmap:{ hash:/etc/virtual, ldap:/etc/w.cf }", "ann@example.org") ==
        "ann@example.com,carl@example.com");
  CHECK(mirror.said.empty());
}

TEST_CASE("NON_BERKELEYDB_README: a Postfix without Berkeley DB leaves a .db file behind, which is ignored",
          "[load][mirror]") {
  Mirror mirror;
  const std::string golden = SHORTHOP_SOURCE_DIR "/tests/unit/tables/golden/";
  fs::create_directories(mirror / "mirror/files/etc");
  fs::copy_file(golden + "aliases.db", mirror / "mirror/files/etc/virtual.db");
  mirror.put("mirror/files/etc/virtual", "ann@example.org newer@example.com\n");
  mirror.put("mirror/postconf", "non_bdb_migration_level = enable-redirect\ndefault_database_type = lmdb\n");
  CHECK(mirror.answer("hash:/etc/virtual", "ann@example.org") == "not mirrored");
  CHECK(mirror.said.contains("the primary reads it as lmdb:/etc/virtual (non_bdb_migration_level)"));
  CHECK(mirror.answer("btree:/etc/virtual", "ann@example.org") == "not mirrored");
  fs::copy_file(golden + "virtual.lmdb", mirror / "mirror/files/etc/virtual.lmdb");
  const std::string found = mirror.answer("hash:/etc/virtual", "ann@example.org");
  if (mirror.said.contains("was built without")) return;  // LMDB is optional
  CHECK(found == "ann@example.com");
  mirror.put("mirror/listed/hash:/etc/virtual", "ann@example.org\tlisted\n");
  CHECK(mirror.answer("hash:/etc/virtual", "ann@example.org") == "listed");
  for (const char* level : {"(removed-by-shorthop-export)", "${x"}) {
    mirror.put("mirror/postconf", "non_bdb_migration_level = " + std::string(level) + "\n");
    CHECK(mirror.answer("hash:/etc/names", "ann", "hash:/etc/names") == "not mirrored");
    CHECK(mirror.said.contains("non_bdb_migration_level is not known"));
  }
}

TEST_CASE("shorthop-tables(5): the database of a table is used, not the text beside it", "[load][mirror]") {
  Mirror mirror;
  const std::string golden = SHORTHOP_SOURCE_DIR "/tests/unit/tables/golden/virtual";
  fs::create_directories(mirror / "mirror/files/etc");
  fs::copy_file(golden + ".db", mirror / "mirror/files/etc/virtual.db");
  mirror.put("mirror/files/etc/virtual", "ann@example.org newer@example.com\nnew@example.org x\n");
  const std::string found = mirror.answer("hash:/etc/virtual", "ann@example.org");
  if (mirror.said.contains("was built without")) return;  // Berkeley DB is optional
  CHECK(found == "ann@example.com");
  CHECK(mirror.answer("hash:/etc/virtual", "new@example.org") == "absent");
  // Another type has another database.
  CHECK(mirror.answer("texthash:/etc/virtual", "new@example.org") == "x");

  const auto now = fs::file_time_type::clock::now();
  mirror.put("mirror/files/etc/virtual.db", "no database");
  fs::last_write_time(mirror / "mirror/files/etc/virtual.db", now - std::chrono::hours(1));
  fs::last_write_time(mirror / "mirror/files/etc/virtual", now);
  CHECK(mirror.answer("hash:/etc/virtual", "new@example.org") == "not mirrored");
  CHECK(mirror.said.contains("its database cannot be read, and its text is newer"));
  fs::last_write_time(mirror / "mirror/files/etc/virtual", now - std::chrono::hours(2));
  CHECK(mirror.answer("hash:/etc/virtual", "new@example.org") == "x");
  fs::remove(mirror / "mirror/files/etc/virtual");
  CHECK(mirror.answer("hash:/etc/virtual", "new@example.org") == "not mirrored");
  CHECK(mirror.said.contains("its database cannot be read"));
}

TEST_CASE("a table of alias_maps whose text has the form of virtual(5) is not taken for an empty table",
          "[load][mirror]") {
  Mirror mirror;
  const std::string table = "hash:/etc/postfix/virtual";
  mirror.put("mirror/files/etc/postfix/virtual", "# aliases\nsales@example.org  ann@example.com\n");
  CHECK(mirror.answer(table, "sales@example.org") == "ann@example.com");
  CHECK(mirror.answer(table, "sales@example.org", table) == "not mirrored");
  CHECK(mirror.said.contains("its text does not have the form of aliases(5), so only its database shows its entries"));
  mirror.put("mirror/files/etc/postfix/virtual", "# aliases\n");
  CHECK(mirror.answer(table, "sales", table) == "absent");
}

TEST_CASE("postmap(1) writes in place: a database with less than half of the entries of its text is not used",
          "[load][mirror]") {
  Mirror mirror;
  const std::string golden = SHORTHOP_SOURCE_DIR "/tests/unit/tables/golden/virtual";
  fs::create_directories(mirror / "mirror/files/etc");
  fs::copy_file(golden + ".db", mirror / "mirror/files/etc/virtual.db");
  const std::string found = mirror.answer("hash:/etc/virtual", "ann@example.org");
  if (mirror.said.contains("was built without")) return;  // Berkeley DB is optional
  REQUIRE(found == "ann@example.com");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "user" + std::to_string(i) + "@example.org x\n";
  mirror.put("mirror/files/etc/virtual", text);
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(mirror / "mirror/files/etc/virtual.db", now);
  fs::last_write_time(mirror / "mirror/files/etc/virtual", now - std::chrono::hours(1));
  CHECK(mirror.answer("hash:/etc/virtual", "ann@example.org") == "not mirrored");
  CHECK(mirror.said.contains("the database may have been copied while it was being written"));
  // A newer text was edited after the last run of postmap(1), so it may have more entries.
  fs::last_write_time(mirror / "mirror/files/etc/virtual", now + std::chrono::hours(1));
  CHECK(mirror.answer("hash:/etc/virtual", "ann@example.org") == "ann@example.com");
}

TEST_CASE("DESIGN 4: a table that is not in the mirror fails, and is reported", "[load][mirror]") {
  Mirror mirror;
  const std::string fix = "; recipients that may be in it are kept (fix: add it to the mirror)\n";
  const auto why = [&](const std::string& table) {
    CHECK(mirror.answer(table, "x") == "not mirrored");
    CHECK(mirror.said.ends_with(fix));
    const std::string begin = "DIR/mirror: warning: the primary's some_maps names " + table + ": ";
    return mirror.said.starts_with(begin)
               ? mirror.said.substr(begin.size(), mirror.said.size() - begin.size() - fix.size())
               : mirror.said;
  };
  CHECK(why("hash:/etc/virtual") == "files/etc/virtual is not in the mirror");
  CHECK(why("nis:mail.aliases") == "listed/nis:mail.aliases is not in the mirror");
  CHECK(why("hash:relative") == "its name is not an absolute path");
  CHECK(why("unix:group.byname") == "its accounts are not listed in the mirror");
  CHECK(why("unionmap:{}") == "it has no table");
  fs::create_directories(mirror / "mirror/files/etc");
  fs::create_symlink("/etc/passwd", mirror / "mirror/files/etc/out");
  CHECK(why("hash:/etc/out") == "a symbolic link that leads out of the mirror");
}

TEST_CASE("DATABASE_README: a blank in hash: /etc/aliases makes two names of it", "[load][mirror]") {
  for (const char* item : {"hash:", "/etc/aliases"}) {
    Mirror mirror;
    CHECK(mirror.answer(item, "x") == "not mirrored");
    CHECK(mirror.said.ends_with("(fix: write type:name without a blank in the primary's main.cf)\n"));
  }
}

TEST_CASE("a table of the mirror that cannot be read fails every look-up", "[load][mirror]") {
  Mirror mirror;
  mirror.put("mirror/files/etc/broken.re", "/((/ x\n");
  for (const char* table :
       {"inline:{ broken", "inline:{ broken }", "regexp:{ /((/ x }", "unionmap:{ inline:{ broken }, static:x }",
        "unionmap:{ static:x, inline:{ broken", "unionmap:{ proxy:unionmap:{ static:x } }"}) {
    CAPTURE(table);
    CHECK(mirror.answer(table, "x") == "not mirrored");
    CHECK_FALSE(mirror.said.empty());
  }
  CHECK(mirror.answer("regexp:/etc/broken.re", "x") == "failed");
  CHECK(mirror.said.contains("look-ups that get to this line fail"));
}

TEST_CASE("deeply nested unions are refused", "[load][mirror]") {
  Mirror mirror;
  constexpr int depth = 50'000;
  std::string table;
  for (int i = 0; i < depth; ++i) table += "proxy:unionmap:{";
  table.append("static:x").append(depth, '}');
  CHECK(mirror.answer(table, "x") == "not mirrored");
}

TEST_CASE("the users of a primary come from its listing, its passwd(5) or its .forward files", "[load][mirror]") {
  Mirror mirror;
  CHECK(mirror.answer("proxy:unix:passwd.byname", "ann") == "not mirrored");
  mirror.put("mirror/forward/carl", "x@example.net\n");
  CHECK(mirror.answer("unix:passwd.byname", "carl").empty());
  CHECK(mirror.answer("unix:passwd.byname", "ann") == "not mirrored");
  mirror.put("mirror/files/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n");
  CHECK(mirror.answer("unix:passwd.byname", "bob") == "absent");
  CHECK_FALSE(mirror.answer("unix:passwd.byname", "ann") == "absent");
  mirror.put("mirror/listed/unix:passwd.byname", "bob\tbob:x:1001:1001::/home/bob:/bin/sh\n");
  mirror.put("mirror/manifest", "enumerable = unix:passwd.byname\n");
  CHECK(mirror.answer("unix:passwd.byname", "bob").starts_with("bob:x"));
  CHECK(mirror.answer("unix:passwd.byname", "ann") == "absent");
}

}  // namespace shorthop::test
