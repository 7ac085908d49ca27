// The data in force, the data on disk, and what happens when they differ.
#include "load/data_loader.h"

#include <utime.h>

#include <chrono>
#include <thread>

#include "unit/load/loaded_relays.h"

namespace shorthop::test {

using std::chrono::system_clock;

TEST_CASE("fresh data on disk is used without a reload, relay by relay", "[load][data-loader]") {
  Disk disk;
  disk.load();
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  CHECK_FALSE(disk.refresh());
  const auto untouched = disk.snapshot->relay_by_domain.at("two.example")->loaded;
  disk.put("one", "user: someone@example.net\n");
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "foreign-target");
  CHECK(disk.relay("two").loaded == untouched);
  CHECK_FALSE(disk.refresh());
}

TEST_CASE("if a file is truncated, only its relay keeps the old data", "[load][data-loader]") {
  Disk disk;
  disk.load();
  disk.put("one", "user: user@example.com,");
  disk.put("two", "user: someone@example.net\n");
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  CHECK(disk.relay("one").pending.contains("the last line has no newline"));
  CHECK(disk.decided("user@two.example") == "foreign-target");
  CHECK(disk.relay("two").pending.empty());
  CHECK(disk.said.contains("DIR/relay.d/one.conf: error: the files of this relay are not loaded: DIR/"));
  CHECK_FALSE(disk.refresh());  // reported only once
  disk.load();                  // a reload rejects it too
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  disk.put("one", "user: someone@example.net\n");
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "foreign-target");
  CHECK(disk.relay("one").pending.empty());
}

TEST_CASE("if a file is truncated at the first load, nothing is rewritten for its relay", "[load][data-loader]") {
  Disk disk;
  disk.put("one", "user: user@example.com,");
  disk.load();
  CHECK(disk.decided("user@one.example") == "stale");
  CHECK(disk.relay("one").held_back.contains("the last line has no newline"));
  CHECK(disk.decided("user@two.example") == "all-local user@example.com");
  disk.put("one", "user: user@example.com\n");
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
}

TEST_CASE("files that have just changed are loaded when they are stable", "[load][data-loader]") {
  Disk disk("settle-time = 1s\n");
  const auto begun = std::chrono::steady_clock::now();
  disk.load();  // the files were just written, so the load waits until they are stable
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(500));
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  disk.put("one", "user: someone@example.net\n");
  CHECK_FALSE(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "foreign-target");
}

TEST_CASE("settle-time: a table of this host that is being written is not used", "[load][data-loader]") {
  Disk disk("local-aliases = text:own\n");
  disk.put("own", "forwarded: user@one.example\n");
  disk.load();
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  disk.put("own", "user: user@one.example\n");  // its change time (ctime) is the present
  CHECK_FALSE(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") != "all-local user@example.com");
}

TEST_CASE("while a primary's addresses are unknown, recipients are kept: any client may be the primary",
          "[load][data-loader]") {
  Disk disk;
  disk.put("relay.d/one.conf",
           "domains = one.example\nprimary-domains = one.example\nprimary = mail.invalid\nalias-maps = text:../one\n");
  disk.load();
  CHECK(disk.relay("one").unknown_addresses.contains("mail.invalid"));
  const RecipientFacts facts{.client_address = "192.0.2.99"};
  const auto reason = [&] {
    return decide(*Address::parse("user@one.example"), facts, *disk.snapshot, system_clock::now()).reason;
  };
  CHECK(reason() == Reason::lookup_failed);  // the client may be the primary
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  CHECK(disk.decided("user@two.example") == "all-local user@example.com");
}

TEST_CASE("DESIGN 4: a DNS that does not answer is asked again, and the last certain answer is kept",
          "[load][data-loader]") {
  Disk disk;
  disk.put("shorthop.conf",
           "postfix-config = none\nlocal-domains = silent.example.com\nlocal-recipients = inline:{ user=x }\n"
           "settle-time = 0s\n");
  disk.put("one", "user: user@silent.example.com\n");
  FixedExchangers& dns = disk.sources().exchangers;
  disk.load();
  CHECK(disk.decided("user@one.example") == "lookup-failed");
  const std::size_t asked = dns.asked.size();
  CHECK_FALSE(disk.refresh());
  CHECK(dns.asked.size() == asked);  // the DNS is not asked at each refresh
  disk.sources().sources.between_questions = std::chrono::seconds(0);
  disk.load();
  CHECK(disk.decided("user@one.example") == "lookup-failed");
  dns.is_silent = false;
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@silent.example.com");
  const std::size_t answered = dns.asked.size();
  CHECK_FALSE(disk.refresh());
  CHECK(dns.asked.size() == answered);  // all answers are known
  dns.is_silent = true;
  disk.load();
  CHECK(dns.asked.size() > answered);
  CHECK(disk.decided("user@one.example") == "all-local user@silent.example.com");
  CHECK_FALSE(disk.said.contains("silent.example.com"));
}

TEST_CASE("DESIGN 4: MX records that change are noticed, even if no file changes", "[load][data-loader]") {
  Disk disk;
  disk.load();
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
  disk.sources().exchangers.moved = "example.com";
  CHECK_FALSE(disk.refresh());  // the answers are not old enough
  disk.sources().sources.between_renewals = std::chrono::seconds(0);
  disk.load();
  CHECK(disk.decided("user@one.example") == "foreign-target");
  CHECK_FALSE(disk.refresh());  // the DNS is asked, and the answer is the same
  disk.sources().exchangers.moved.clear();
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
}

TEST_CASE("changed settings of a relay apply at once, even if its data is held back", "[load][data-loader]") {
  Disk disk;
  disk.load();
  disk.put("one", "user: user@example.com,");
  disk.put("relay.d/one.conf",
           "domains = one.example\nprimary-domains = one.example\nprimary = 192.0.2.1\nalias-maps = text:../one\n"
           "mode = rewrite\nexclude = user@one.example\n");
  disk.load();
  CHECK(disk.relay("one").mode == Mode::rewrite);
  CHECK(disk.decided("user@one.example") == "excluded");
}

TEST_CASE("settings that name other data are not put in force with the data of the old settings",
          "[load][data-loader]") {
  Disk disk;
  disk.load();
  disk.put("new", "user: user@example.com,");
  const std::string settings = "domains = one.example\nprimary-domains = one.example\nalias-maps = text:../";
  for (const std::string changed : {"new\nprimary = 192.0.2.1\n", "new\nprimary = 192.0.2.9\n"}) {
    disk.put("relay.d/one.conf", settings + changed);
    disk.load();
    CHECK(disk.decided("user@one.example") == "stale");
    CHECK(disk.relay("one").held_back.contains("the last line has no newline"));
  }
  disk.put("new", "user: user@example.com\n");
  CHECK(disk.refresh());
  CHECK(disk.decided("user@one.example") == "all-local user@example.com");
}

TEST_CASE("a table with a block of zeros, as after a power failure, is not used", "[load][data-loader]") {
  Disk disk;
  disk.put("one", "user: user@example.com\n" + std::string(4096, '\0') + "\nother: user@example.com\n");
  disk.load();
  CHECK(disk.decided("user@one.example") == "not-mirrored");
  CHECK(disk.decided("absent@one.example") == "not-mirrored");
  CHECK(disk.decided("user@two.example") == "all-local user@example.com");
  CHECK(disk.said.contains("it has a block of zeros"));
}

TEST_CASE("a relay whose file was removed is removed", "[load][data-loader]") {
  Disk disk;
  disk.load();
  std::filesystem::remove(disk / "relay.d/one.conf");
  disk.load();
  CHECK_FALSE(disk.snapshot->relay_by_domain.contains("one.example"));
  CHECK(disk.decided("user@two.example") == "all-local user@example.com");
}

TEST_CASE("other milters in the list stop rewriting until the setting says that they edit no recipients",
          "[load][data-loader]") {
  const auto mode_with = [](const std::string& milters, const std::string& setting) {
    Disk disk("settle-time = 0s\nmode = rewrite\n" + setting);
    SettingsDirectory directory;
    FixedSources sources(
        TextPostconf("mydestination = example.com\nqueue_directory = /var/spool/postfix\n"
                     "local_recipient_maps = inline:{ user=x }\n" +
                     milters));
    disk.put("shorthop.conf",
             "postfix-config = " + disk.operator/("").string() + "\nmode = rewrite\nsettle-time = 0s\n" + setting);
    DataLoader loader(std::make_shared<SystemFiles>(), sources.sources, std::make_shared<Backends>());
    const auto loaded = loader.load(disk.settings());
    REQUIRE(loaded);
    const Relay& relay = *loaded->snapshot->relay_by_domain.at("one.example");
    return std::string(relay.mode == Mode::rewrite ? "rewrite" : "observe: " + relay.held_in_observe);
  };
  const std::string alone = "smtpd_milters = { unix:shorthop/milter.sock, default_action=accept }\n";
  const std::string beside = "smtpd_milters = inet:localhost:11332, unix:shorthop/milter.sock\n";
  CHECK(mode_with(alone, "") == "rewrite");
  CHECK(mode_with(beside, "") == "observe: inet:localhost:11332 in this host's list of milters");
  CHECK(mode_with(beside, "other-milters-edit-recipients = yes\n").starts_with("observe"));
  CHECK(mode_with(beside, "other-milters-edit-recipients = no\n") == "rewrite");
  CHECK(mode_with("smtpd_milters = inet:localhost:11332\n", "") == "rewrite");
  // Postconf expands the overrides of services (postconf_test.cpp).
  CHECK(mode_with("smtp/inet/smtpd_milters = inet:localhost:1 unix:shorthop/milter.sock\n", "") ==
        "observe: inet:localhost:1 in this host's list of milters");
  CHECK(mode_with(alone + "smtpd_milter_maps = inline:{ { 192.0.2.1 = DISABLE }, { 192.0.2.2 = inet:localhost:1 } }\n",
                  "") == "rewrite");
  CHECK(mode_with(alone + "smtpd_milter_maps = inline:{ { 192.0.2.1 = inet:a:1 unix:shorthop/milter.sock } }\n", "") ==
        "observe: inet:a:1 in this host's list of milters");
  CHECK(mode_with(alone + "smtpd_milter_maps = cidr:{ { 127.0.0.0/8 DISABLE }, { ::/64 DISABLE } }\n", "") ==
        "rewrite");
  CHECK(mode_with(alone + "smtpd_milter_maps = cidr:{ { !10.0.0.0/8 inet:a:1 unix:shorthop/milter.sock } }\n", "") ==
        "observe: inet:a:1 in this host's list of milters");
  CHECK(mode_with(alone + "smtp/inet/smtpd_milter_maps = static:DISABLE\n", "") == "rewrite");
  CHECK(mode_with(alone + "smtpd_milter_maps = regexp:{ { /./ DISABLE } }\n", "") ==
        "observe: the milters of regexp:{ { /./ DISABLE } } in this host's list of milters");
}

TEST_CASE("the unaccepted differences of a relay are determined again when its mirror or this host's settings change",
          "[load][data-loader]") {
  Disk disk;
  const auto put_in_mirror = [&](const std::string& name, const std::string& text) {
    disk.put("mirror/" + name, text);
    wait_a_tick();
    disk.put("mirror/stamp", "");
  };
  disk.put("relay.d/one.conf", "domains = one.example\nprimary = 192.0.2.1\nmirror = ../mirror\n");
  put_in_mirror("postconf", "smtpd_milters = inet:localhost:11332\n");
  put_in_mirror("master", "smtp inet n - y - - smtpd\n");
  disk.put("shorthop.conf", "postfix-config = " + disk.operator/("").string() + "\nsettle-time = 0s\n");
  disk.put("main.cf", "");
  disk.put("master.cf", "smtp inet n - y - - smtpd\n  -o smtpd_milters=$spam_milters\n");
  FixedSources sources(
      TextPostconf("mydestination = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
                   "spam_milters = unix:rspamd/milter.sock\n"));
  DataLoader loader(std::make_shared<SystemFiles>(), sources.sources, std::make_shared<Backends>());
  const auto unaccepted = [](const std::optional<LoadResult>& loaded) {
    return loaded ? loaded->snapshot->relay_by_domain.at("one.example")->unaccepted : "not loaded";
  };
  const auto loaded = loader.load(disk.settings());
  REQUIRE(loaded);
  CHECK(unaccepted(*loaded).empty());
  CHECK(loaded->snapshot->relay_by_domain.at("two.example")->unaccepted.empty());
  put_in_mirror("master", "smtp inet n - y - - smtpd -o content_filter=scan:[127.0.0.1]:10026\n");
  CHECK(unaccepted(loader.refresh()) == "content-filter");
  disk.put("master.cf", "smtp inet n - y - - smtpd\n");
  CHECK(unaccepted(loader.refresh()) == "content-filter, milters");
  std::filesystem::remove(disk / "mirror/master");
  put_in_mirror("manifest", "");
  CHECK(unaccepted(loader.refresh()) == "milters, unknown-settings");
}

}  // namespace shorthop::test
