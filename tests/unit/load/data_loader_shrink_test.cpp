// max-shrink: tables that lost entries since they were loaded (DESIGN 5).
#include <string>

#include "load/entry_counts.h"
#include "unit/load/loaded_relays.h"

namespace shorthop::test {

TEST_CASE("max-shrink: a table that lost entries stops rewriting for its relay until it is accepted",
          "[load][data-loader]") {
  Disk disk;
  disk.put("one", users(100));
  disk.load();
  disk.put("one", users(85));  // 15 of 100, less than 20 %
  CHECK(disk.refresh());
  CHECK(disk.decided("user1@one.example") == "all-local user@example.com");
  disk.put("one", users(60));
  CHECK(disk.refresh());
  CHECK(disk.decided("user1@one.example") == "stale");
  CHECK(disk.said.contains(
      "/one has 60 entries, and had 85: nothing is rewritten for this relay (fix: if that is right, run "
      "shorthop reload --accept-shrink one)"));
  CHECK(disk.relay("one").held_back_fix.contains("shorthop reload --accept-shrink one"));
  CHECK(disk.decided("user@two.example") == "all-local user@example.com");
  disk.load();  // a reload alone does not accept it
  CHECK(disk.decided("user1@one.example") == "stale");
  CHECK(disk.loader().accept_shrink("one"));
  CHECK_FALSE(disk.loader().accept_shrink("three"));
  disk.load();
  CHECK(disk.decided("user1@one.example") == "all-local user@example.com");
  CHECK_FALSE(disk.refresh());
}

TEST_CASE("max-shrink: a table whose entries are back need not be accepted", "[load][data-loader]") {
  Disk disk;
  disk.put("one", users(100));
  disk.load();
  disk.put("one", "");
  CHECK(disk.refresh());
  CHECK(disk.decided("user1@one.example") == "stale");
  disk.put("one", users(100));
  CHECK(disk.refresh());
  CHECK(disk.decided("user1@one.example") == "all-local user@example.com");
}

TEST_CASE("max-shrink: a table that was unreadable for a while is compared with the entries that it had before",
          "[load][data-loader]") {
  CHECK(last_known_entries({{"t", 100}, {"gone", 1}}, {{"t", std::nullopt}, {"new", std::nullopt}}) ==
        EntryCounts{{"t", 100}, {"new", std::nullopt}});
  Disk disk;
  disk.put("one", users(100));
  disk.load();
  std::filesystem::remove(disk / "one");
  CHECK(disk.refresh());
  CHECK(disk.decided("user1@one.example") == "not-mirrored");
  disk.put("one", users(11));
  CHECK(disk.refresh());
  CHECK(disk.decided("user1@one.example") == "stale");
}

TEST_CASE("max-shrink: an acceptance counts for the next load only, even if this load is held back",
          "[load][data-loader]") {
  Disk disk;
  disk.put("one", users(100));
  disk.load();
  disk.put("one", users(60) + "user: user@example.com,");
  CHECK(disk.loader().accept_shrink("one"));
  disk.load();
  CHECK(disk.relay("one").pending.contains("the last line has no newline"));
  disk.put("one", users(1));
  CHECK(disk.refresh());
  CHECK(disk.decided("user0@one.example") == "stale");
}

TEST_CASE("max-shrink: tables with few entries, and a higher limit", "[load][data-loader]") {
  CHECK(shrunk_tables({{"t", 12}}, {{"t", 2}}, 20).empty());
  CHECK_FALSE(shrunk_tables({{"t", 13}}, {{"t", 2}}, 20).empty());
  CHECK_FALSE(shrunk_tables({{"t", 1}}, {{"t", 0}}, 20).empty());
  CHECK(shrunk_tables({{"t", 100}}, {{"t", 50}}, 50).empty());
  CHECK(shrunk_tables({{"t", 100}}, {}, 20).empty());  // unreadable: its look-ups fail
  CHECK(shrunk_tables({{"t", 100}}, {{"t", 1}}, 20) == "t has 1 entry, and had 100");
}

TEST_CASE("max-shrink: a table that the primary of a mirror no longer names has lost its entries",
          "[load][data-loader]") {
  CHECK(dropped_tables({{"t", 100}, {"u", 100}}, {{"u", 100}}, 20) ==
        "the primary no longer names t, which had 100 entries");
  CHECK(dropped_tables({{"t", 1}}, {}, 20) == "the primary no longer names t, which had 1 entry");
  CHECK(dropped_tables({{"t", 0}}, {}, 20).empty());
  // The table has another type now.
  CHECK(dropped_tables({{"hash:t", 100}}, {{"lmdb:t", 90}}, 20).empty());
  CHECK_FALSE(dropped_tables({{"hash:t", 100}}, {{"lmdb:t", 70}}, 20).empty());
  // A table that is named and cannot be counted: it is not mirrored, or is a live database.
  CHECK(dropped_tables({{"t", 100}}, {{"t", std::nullopt}}, 20).empty());
  CHECK(dropped_tables({{"t", 100}}, {{"new", std::nullopt}}, 20).empty());
}

TEST_CASE("max-shrink: a listed table that was unreadable for a while is compared with the entries that it had before",
          "[load][mirror-loader]") {
  Mirrors mirrors;
  const auto list = [&](int count, const std::string& last) {
    std::string text = "info@one.example\tuser@example.com\n";
    for (int i = 1; i < count; ++i) text += fmt::format("user{}@one.example\tuser@example.com\n", i);
    mirrors.directory.put("one/listed/mysql:/etc/postfix/users.cf", text + last);
    mirrors.directory.put("one/manifest", "enumerable = mysql:/etc/postfix/users.cf\n");
    mirrors.directory.put("one/postconf",
                          "mydestination = one.example\nmyorigin = $mydestination\ncompatibility_level = 3.6\n"
                          "alias_maps =\nvirtual_alias_maps = mysql:/etc/postfix/users.cf\n");
    mirrors.stamp("one");
    mirrors.load();
  };
  list(101, "");
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  list(101, "user@one.example");  // neither tab nor newline
  CHECK(mirrors.decided("one") == "not-mirrored");
  list(11, "");
  CHECK(mirrors.decided("one") == "stale");
}

TEST_CASE("max-shrink: a mirror that is missing has not shrunk, and is compared when it is back",
          "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.load();
  const fs::path mirror = mirrors.directory / "one";
  const fs::path elsewhere = mirrors.directory / "elsewhere";
  fs::rename(mirror, elsewhere);
  mirrors.load();
  CHECK(mirrors.decided("one") == "not-mirrored");
  CHECK(mirrors.said.contains("DIR/one: error: no such file or directory: every recipient of this relay is kept"));
  CHECK_FALSE(mirrors.said.contains("accept-shrink"));
  fs::rename(elsewhere, mirror);
  mirrors.directory.put("one/files/etc/aliases", "");
  mirrors.stamp("one");
  mirrors.load();
  CHECK(mirrors.decided("one") == "stale");
  CHECK(mirrors.said.contains("accept-shrink"));
}

TEST_CASE("max-shrink: the domains in a file of a list of domains are counted as entries", "[load][mirror-loader]") {
  Mirrors mirrors;
  const auto list = [&](int count) {
    std::string text = "# domains\n";
    for (int i = 0; i < count; ++i) text += fmt::format("domain{}.example\n", i);
    mirrors.directory.put("one/files/etc/postfix/domains", text);
    mirrors.directory.put("one/postconf",
                          "mydestination = one.example\nmyorigin = $mydestination\ncompatibility_level = 3.6\n"
                          "alias_maps =\nvirtual_alias_maps = inline:{ info@one.example=user@example.com }\n"
                          "virtual_mailbox_domains = /etc/postfix/domains\n");
    mirrors.stamp("one");
    mirrors.load();
  };
  list(201);
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  list(195);
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  list(0);
  CHECK(mirrors.decided("one") == "stale");
}

}  // namespace shorthop::test
