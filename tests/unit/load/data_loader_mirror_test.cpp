// Mirrors and the data in force: when a mirror is loaded, how old it is, and what prevents its load (DESIGN 5).
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "load/data_loader.h"
#include "session/decision.h"
#include "support/catch.h"
#include "support/load_sources.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::system_clock;

/// Two relays, each with the mirror of its primary, loaded by one loader.
class Mirrors {
 public:
  explicit Mirrors(const std::string& relay = "", const std::string& main = "") {
    directory.put("shorthop.conf",
                  "postfix-config = none\nlocal-domains = example.com\nlocal-recipients = inline:{ user=x, ann=x }\n"
                  "mode = rewrite\n" +
                      main);
    for (const std::string name : {"one", "two"}) {
      directory.put("relay.d/" + name + ".conf", "domains = " + name + ".example\nprimary = 192.0.2.1\nmirror = ../" +
                                                     name + "\narrives-here = example.com\n" + relay);
      fill(name, name, "user");
      stamp(name);
    }
  }

  /// Writes the mirror of this relay to a directory: its alias "info" leads to this user.
  void fill(const std::string& place, const std::string& relay, const std::string& user) const {
    directory.put(place + "/postconf", "myhostname = mail." + relay + ".example\nmydestination = " + relay +
                                           ".example\nmyorigin = $mydestination\nalias_maps = hash:/etc/aliases\n"
                                           "compatibility_level = 3.6\nlocal_recipient_maps = $alias_maps\n");
    directory.put(place + "/master", "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n");
    directory.put(place + "/files/etc/aliases", "info: " + user + "@example.com\n");
  }
  void stamp(const std::string& place) const {
    wait_a_tick();
    directory.put(place + "/stamp", "");
  }

  void load() {
    Diagnostics warnings;
    const auto settings = read_settings(directory / "shorthop.conf", SystemFiles(), warnings);
    REQUIRE(settings);
    auto loaded = loader_.load(*settings);
    REQUIRE(loaded);
    take(std::move(*loaded));
  }
  /// Whether anything changed.
  bool refresh() {
    auto loaded = loader_.refresh();
    if (loaded) take(std::move(*loaded));
    return loaded.has_value();
  }

  std::string decided(const std::string& relay) const {
    const auto recipient = Address::parse("info@" + relay + ".example");
    const Decision decision = decide(*recipient, {}, *snapshot, system_clock::now());
    std::string text(name_of(decision.reason));
    for (const Address& to : decision.to) text += " " + to.external();
    return text;
  }
  const Relay& relay(const std::string& name) const { return *snapshot->relay_by_domain.at(name + ".example"); }

  SettingsDirectory directory;
  std::shared_ptr<const Snapshot> snapshot;
  std::string said;

 private:
  void take(LoadResult loaded) {
    snapshot = std::move(loaded.snapshot);
    said = directory.shown(text_of(loaded.diagnostics));
  }

  FixedSources sources_;
  DataLoader loader_{std::make_shared<SystemFiles>(), sources_.sources, std::make_shared<Backends>()};
};

}  // namespace

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

TEST_CASE("a table of a mirror with a block of zeros, as after a power failure, proves nothing",
          "[load][mirror-loader]") {
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
