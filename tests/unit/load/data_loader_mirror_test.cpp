// Mirrors and the data in force: when a mirror is loaded, how old it is, and what prevents its load (DESIGN 5).
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "unit/load/loaded_relays.h"

namespace shorthop::test {

namespace fs = std::filesystem;
using std::chrono::system_clock;

TEST_CASE("a mirror is loaded when a new stamp comes, and not before", "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  CHECK(mirrors.relay("one").mode == Mode::rewrite);
  CHECK_FALSE(mirrors.refresh());
  mirrors.fill("one", "one", "ann");
  CHECK_FALSE(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local ann@example.com");
  CHECK(mirrors.said.empty());
  CHECK_FALSE(mirrors.refresh());
}

TEST_CASE("a table of a mirror with a block of zeros, as after a power failure, is not used", "[load][mirror-loader]") {
  Mirrors mirrors;
  for (const std::string& text : {std::string("/^x/ y\n"), "/^x/ y\n" + std::string(100, '\0') + "\n"}) {
    mirrors.directory.put("one/postconf",
                          "myhostname = mail.one.example\nmydestination = one.example\nmyorigin = $mydestination\n"
                          "alias_maps = hash:/etc/aliases\ncompatibility_level = 3.6\n"
                          "local_recipient_maps = $alias_maps\nvirtual_alias_maps = regexp:/etc/postfix/patterns\n");
    mirrors.directory.put("one/files/etc/postfix/patterns", text);
    mirrors.stamp("one");
    mirrors.load();
    CHECK(mirrors.decided("one") == (text.contains('\0') ? "not-mirrored" : "all-local user@example.com"));
  }
}

TEST_CASE("a mirror with a file that is newer than its stamp is not loaded; other relays are loaded",
          "[load][mirror-loader]") {
  Mirrors mirrors;
  wait_a_tick();
  mirrors.fill("one", "one", "ann");
  mirrors.load();
  CHECK(mirrors.decided("one") == "stale");
  CHECK(mirrors.relay("one").held_back.contains("was changed after the stamp"));
  CHECK(mirrors.relay("one").held_back_fix.contains("touch the stamp"));
  CHECK(mirrors.said.contains("copy everything, and touch the stamp only after all of it succeeded"));
  CHECK(mirrors.decided("two") == "all-local user@example.com");
  CHECK(mirrors.relay("two").held_back.empty());
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local ann@example.com");
}

TEST_CASE("a reload during a copy keeps the data in force", "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.load();
  wait_a_tick();
  mirrors.fill("one", "one", "ann");
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  CHECK(mirrors.relay("one").pending.contains("was changed after the stamp"));
  CHECK(mirrors.decided("two") == "all-local user@example.com");
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local ann@example.com");
  CHECK(mirrors.relay("one").pending.empty());
}

TEST_CASE("a stamp that came before the copy was complete loads nothing", "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.load();
  mirrors.stamp("one");
  wait_a_tick();
  mirrors.fill("one", "one", "ann");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  CHECK(mirrors.relay("one").pending.contains("was changed after the stamp"));
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local ann@example.com");
}

TEST_CASE("max-age: a new login in table-parameters is loaded, and does not make the data newer",
          "[load][mirror-loader]") {
  Mirrors mirrors("max-age = 1h\ntable-parameters = ../login\n");
  mirrors.directory.put("login", "user = x\n");
  fs::last_write_time(mirrors.directory / "one/stamp", fs::file_time_type::clock::now() - std::chrono::hours(2));
  mirrors.load();
  CHECK(mirrors.decided("one") == "stale");
  wait_a_tick();
  mirrors.directory.put("login", "user = y\n");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "stale");
  CHECK(mirrors.relay("one").newest.file == (mirrors.directory / "one/stamp").string());
}

TEST_CASE("max-age counts from the modification time of the stamp, however old the files are",
          "[load][mirror-loader]") {
  Mirrors mirrors("max-age = 1h\n");
  const auto age_stamp = [&](std::chrono::hours age) {
    fs::last_write_time(mirrors.directory / "one/stamp", fs::file_time_type::clock::now() - age);
  };
  age_stamp(std::chrono::hours(2));
  mirrors.load();
  CHECK(mirrors.decided("one") == "stale");
  CHECK(mirrors.relay("one").newest.file == (mirrors.directory / "one/stamp").string());
  CHECK(mirrors.decided("two") == "all-local user@example.com");
  // A sync that changed nothing writes the stamp again.
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  // Files may be old: they keep the times that they have on the primary.
  fs::last_write_time(mirrors.directory / "one/files/etc/aliases",
                      fs::file_time_type::clock::now() - std::chrono::hours(10'000));
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local user@example.com");
}

TEST_CASE("a stamp that is not a regular file has no time for max-age, so the mirror is not loaded",
          "[load][mirror-loader]") {
  Mirrors mirrors("max-age = 1h\n");
  fs::remove(mirrors.directory / "one/stamp");
  wait_a_tick();
  fs::create_directory(mirrors.directory / "one/stamp");
  mirrors.load();
  CHECK(mirrors.decided("one") == "stale");
  CHECK(mirrors.said.contains("DIR/one/stamp is not a regular file: remove it"));
}

TEST_CASE("a relay whose mirror has no stamp stays in mode observe", "[load][mirror-loader]") {
  Mirrors mirrors("", "settle-time = 0s\n");  // without a stamp, files are watched
  fs::remove(mirrors.directory / "one/stamp");
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  CHECK(mirrors.relay("one").mode == Mode::observe);
  CHECK(mirrors.relay("one").held_in_observe == "the mirror has no stamp");
  CHECK(mirrors.said.contains(
      "DIR/one/stamp: warning: no such file: it is not known whether the copy is complete, "
      "so the relay stays in mode observe (fix: touch DIR/one/stamp after each copy that succeeded)"));
  CHECK(mirrors.relay("two").mode == Mode::rewrite);
  mirrors.stamp("one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.relay("one").mode == Mode::rewrite);
  CHECK(mirrors.relay("one").held_in_observe.empty());
}

TEST_CASE("a mirror with the profile flat: its settings for mail from other hosts are not read",
          "[load][mirror-loader]") {
  Mirrors mirrors("profile = flat\n");
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
}

TEST_CASE("a mirror behind a link is loaded again when the link changes", "[load][mirror-loader]") {
  Mirrors mirrors;
  const fs::path link = mirrors.directory / "one";
  fs::rename(link, mirrors.directory / "one.1");
  fs::create_directory_symlink("one.1", link);
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  mirrors.fill("one.2", "one", "ann");
  CHECK_FALSE(mirrors.refresh());
  mirrors.stamp("one.2");
  CHECK_FALSE(mirrors.refresh());
  fs::create_directory_symlink("one.2", mirrors.directory / "next");
  fs::rename(mirrors.directory / "next", link);
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local ann@example.com");
  fs::remove_all(mirrors.directory / "one.1");
  CHECK_FALSE(mirrors.refresh());
}

TEST_CASE("the tables of a mirror are counted under the primary's own names", "[load][mirror-loader]") {
  Mirrors mirrors("", "settle-time = 0s\n");
  mirrors.load();
  std::string names;
  for (const auto& [name, count] : mirrors.relay("one").entries) names += fmt::format("{}={} ", name, count);
  CHECK(names == "text:/etc/aliases=1 ");
}

TEST_CASE("a mirror that is not there keeps every recipient of its relay", "[load][mirror-loader]") {
  Mirrors mirrors("", "settle-time = 0s\n");
  fs::rename(mirrors.directory / "one", mirrors.directory / "elsewhere");
  mirrors.load();
  CHECK(mirrors.decided("one") == "not-mirrored");
  CHECK(mirrors.said.contains(
      "DIR/one: error: no such file or directory: every recipient of this relay is kept (fix: correct the "
      "name in mirror, or fill it with shorthop pair "
      "192.0.2.1 one.example, or with shorthop-mirror root@192.0.2.1 DIR/one)"));
  CHECK(mirrors.decided("two") == "all-local user@example.com");
  fs::rename(mirrors.directory / "elsewhere", mirrors.directory / "one");
  CHECK(mirrors.refresh());
  CHECK(mirrors.decided("one") == "all-local user@example.com");
}

TEST_CASE("a mirror without settings, or with an empty master: the fix says how to fill it", "[load][mirror-loader]") {
  Mirrors mirrors("", "settle-time = 0s\n");
  mirrors.directory.put("one/master", "");
  mirrors.stamp("one");
  mirrors.load();
  CHECK(mirrors.decided("one") == "not-mirrored");
  CHECK(
      mirrors.said.contains("DIR/one/master: error: no service in it: every recipient of this relay is kept (fix: run "
                            "`postconf -M` and `postconf -P` on the primary, "));
  fs::remove(mirrors.directory / "one/master");
  fs::remove(mirrors.directory / "one/postconf");
  mirrors.stamp("one");
  mirrors.load();
  CHECK(
      mirrors.said.contains("DIR/one/postconf: error: no such file or directory: every recipient of this relay is "
                            "kept (fix: correct the name in mirror, or fill it with shorthop pair "));
}

TEST_CASE("a manifest that cannot be read, or is truncated, keeps every recipient of its relay",
          "[load][mirror-loader]") {
  Mirrors mirrors;
  for (const char* text : {"format = 1\n", "enumerable = unix:passwd.byname"}) {
    mirrors.directory.put("one/manifest", text);
    mirrors.stamp("one");
    mirrors.load();
    CHECK(mirrors.decided("one") == "not-mirrored");
    INFO(mirrors.said);
    CHECK(mirrors.said.contains("one/manifest: error: it is truncated: every recipient of this relay is kept"));
  }
  fs::remove(mirrors.directory / "one/manifest");
  fs::create_directory(mirrors.directory / "one/manifest");
  mirrors.stamp("one");
  mirrors.load();
  CHECK(mirrors.decided("one") == "not-mirrored");
  fs::remove(mirrors.directory / "one/manifest");
  mirrors.directory.put("one/manifest", "enumerable = unix:passwd.byname\n");  // by hand
  mirrors.stamp("one");
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
}

TEST_CASE("reject-unknown: a list of users that is empty, or has other lines than passwd(5), is not whole",
          "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.directory.put("one/manifest", "enumerable = unix:passwd.byname\n");
  const auto why_with = [&](const char* users) {
    mirrors.directory.put("one/listed/unix:passwd.byname", users);
    mirrors.stamp("one");
    mirrors.load();
    return mirrors.relay("one").why_incomplete;
  };
  CHECK(why_with("root\troot:x:0:0::/root:/bin/sh\n").empty());
  CHECK(why_with("").contains("is empty, or has a line"));
  CHECK(why_with("ssh: connect to host\tx\n").contains("is empty, or has a line"));
}

TEST_CASE("the text of a table is not used if the export could not copy its database", "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.directory.put("one/manifest", "not-copied = /etc/aliases.db: user and group 8:8 cannot read it\n");
  mirrors.stamp("one");
  mirrors.load();
  CHECK(mirrors.decided("one") == "not-mirrored");
  CHECK(mirrors.said.contains("names hash:/etc/aliases: its database was not copied"));
  mirrors.directory.put("one/manifest", "not-copied = /etc/aliases.db.old: no such file\n");
  mirrors.stamp("one");
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
}

TEST_CASE("a relay with another mirror, primary or arrives-here does not keep the data of the old mirror",
          "[load][mirror-loader]") {
  Mirrors mirrors;
  mirrors.load();
  CHECK(mirrors.decided("one") == "all-local user@example.com");
  const std::string before =
      "domains = one.example\nprimary = 192.0.2.1\nmirror = ../one\narrives-here = example.com\n";
  const std::vector<std::string> changes = {
      "domains = one.example\nprimary = 192.0.2.1\nmirror = ../two\narrives-here = example.com\n",
      "domains = one.example\nprimary = 192.0.2.9\nmirror = ../one\narrives-here = example.com\n",
      "domains = one.example, new.example\nprimary = 192.0.2.1\nmirror = ../one\narrives-here = example.com\n",
      "domains = one.example\nprimary = 192.0.2.1\nmirror = ../one\n"};
  for (const std::string& changed : changes) {
    for (const char* name : {"one", "two"}) mirrors.stamp(name);
    mirrors.directory.put("relay.d/one.conf", before);
    mirrors.load();
    CHECK(mirrors.decided("one") == "all-local user@example.com");
    for (const char* name : {"one", "two"}) {
      wait_a_tick();
      mirrors.fill(name, name, "user");  // torn: after the stamp
    }
    mirrors.load();  // the same settings: the data stays in force
    CHECK(mirrors.decided("one") == "all-local user@example.com");
    mirrors.directory.put("relay.d/one.conf", changed);
    mirrors.load();
    CHECK(mirrors.decided("one") == "stale");
  }
}

}  // namespace shorthop::test
