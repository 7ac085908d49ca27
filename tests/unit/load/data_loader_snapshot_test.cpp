// From settings to a snapshot: its contents, what prevents it, and the exit status.
#include "load/data_loader.h"

#include <sys/stat.h>
#include <utime.h>

#include <chrono>

#include "load/load_relay.h"
#include "primary/resolve.h"
#include "session/decision.h"
#include "settings/setting_values.h"
#include "support/catch.h"
#include "support/load_sources.h"

namespace shorthop::test {
namespace {

using std::chrono::system_clock;

constexpr const char* main_file =
    "postfix-config = none\nlocal-domains = example.com\nlocal-recipients = inline:{ user=x }\n";

struct Loaded {
  std::shared_ptr<const Snapshot> snapshot;
  std::string said;
  int status = 0;
};

Loaded load(const SettingsDirectory& directory) {
  Diagnostics warnings;
  const auto settings = read_settings(directory / "shorthop.conf", SystemFiles(), warnings);
  if (!settings) return {nullptr, directory.shown(text_of(settings.error())), exit_status(settings.error())};
  const FixedSources fixed;
  auto snapshot = load_snapshot(*settings, std::make_shared<SystemFiles>(), fixed.sources, warnings);
  if (snapshot) return {*snapshot, directory.shown(text_of(warnings)), 0};
  return {nullptr, directory.shown(text_of(snapshot.error()) + text_of(warnings)), exit_status(snapshot.error())};
}

/// The tables of DESIGN 1.
void put_example(const SettingsDirectory& directory, const std::string& more = "") {
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/example.org.conf",
                "domains = example.org\nprimary = mail.example.org\nvirtual-alias-maps = text:../virtual\n"
                "alias-maps = text:../aliases\nprimary-domains = example.org\n" +
                    more);
  directory.put("virtual", "user.lastname@example.org user@example.org\n");
  directory.put("aliases", "user: user@example.com\n");
}

std::string decided(const Loaded& loaded, std::string_view recipient) {
  const Decision decision = decide(*Address::parse(recipient), {}, *loaded.snapshot, system_clock::now());
  std::string text(name_of(decision.reason));
  for (const Address& to : decision.to) text += " " + to.external();
  return text;
}

}  // namespace

TEST_CASE("DESIGN 1: the tables of the example give a snapshot that decides", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  const Loaded loaded = load(directory);
  CHECK(loaded.said.empty());
  REQUIRE(loaded.snapshot);
  const auto relay = loaded.snapshot->relay_by_domain.at("example.org");
  CHECK(relay->name == "example.org");
  CHECK(relay->client_names == std::vector<std::string>{"mail.example.org"});
  CHECK(relay->client_addresses == std::vector<std::string>{"192.0.2.10"});
  CHECK(decided(loaded, "user@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user.lastname@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user@example.net") == "not-relayed");
}

TEST_CASE("a problem in the data of one relay affects only what depends on this data, and no other relay",
          "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "mailboxes = frob:/x\n");
  directory.put("virtual", "good@example.org user@example.com\n  \nbad\nbroken@example.org\n");
  directory.put("aliases", "no colon here\nuser: user@example.com\n:\nempty:\n");
  directory.put("relay.d/second.conf",
                "domains = b.example\nprimary = 192.0.2.1\nprimary-domains = b.example\n"
                "virtual-alias-maps = text:missing inline:{ ann@b.example=user@example.com }\n");
  directory.put("relay.d/third.conf",
                "domains = c.example\nprimary = 192.0.2.1\nvirtual-alias-maps = inline:{ ann@c.example=x@y.example }\n"
                "primary-postconf = postconf-n\n");
  const Loaded loaded = load(directory);
  REQUIRE(loaded.snapshot);
  CHECK(loaded.said.contains("DIR/virtual:3: warning: "));
  CHECK(loaded.said.contains("DIR/aliases:1: warning: "));
  CHECK(loaded.said.contains("DIR/aliases:3: warning: "));
  CHECK(loaded.said.contains("DIR/relay.d/example.org.conf:6: error: frob:/x: unsupported table type"));
  CHECK(loaded.said.contains("DIR/relay.d/second.conf:4: error: DIR/relay.d/missing: cannot read the table: no such"));
  CHECK(loaded.said.contains(
      "DIR/relay.d/postconf-n: error: no such file or directory: every recipient of this relay is kept (fix: run "
      "`postconf "
      "-n` on the primary and put its output there, or remove primary-postconf from DIR/relay.d/third.conf:4)\n"));
  CHECK(decided(loaded, "good@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "broken@example.org") == "not-mirrored");
  CHECK(decided(loaded, "empty@example.org") == "not-mirrored");
  CHECK(decided(loaded, "ann@b.example") == "not-mirrored");  // the earlier table might have it
  CHECK(decided(loaded, "ann@c.example") == "not-mirrored");
}

TEST_CASE("without Postfix on this host, a load fails only if there is a relay", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  const Loaded idle = load(directory);
  REQUIRE(idle.snapshot);
  CHECK(idle.said.contains(
      "DIR/shorthop.conf: warning: this host's Postfix cannot be asked: postconf not found (fix: set "
      "local-domains and local-recipients, or let postfix-config name the directory of its main.cf)\n"));
  CHECK(decided(idle, "user@example.com") == "not-relayed");
  put_example(directory);
  directory.put("shorthop.conf", "");
  const Loaded needed = load(directory);
  CHECK(needed.snapshot == nullptr);
  CHECK(needed.said.contains("DIR/shorthop.conf: error: this host's Postfix cannot be asked: "));
  CHECK(needed.status == 78);
}

TEST_CASE("sysexits.h: 78 for settings, then 66 for files, then 75 for temporary failures, then 65 for data",
          "[load][snapshot]") {
  const auto error_class = [](ErrorClass kind, Severity severity = Severity::error) {
    return Diagnostic{{"f", 1}, "x", "", severity, kind};
  };
  CHECK(exit_status({}) == 0);
  CHECK(exit_status({error_class(ErrorClass::settings, Severity::warning)}) == 0);
  CHECK(exit_status({error_class(ErrorClass::data)}) == 65);
  CHECK(exit_status({error_class(ErrorClass::data), error_class(ErrorClass::temporary)}) == 75);
  CHECK(exit_status({error_class(ErrorClass::data), error_class(ErrorClass::missing),
                     error_class(ErrorClass::temporary)}) == 66);
  CHECK(exit_status({error_class(ErrorClass::missing), error_class(ErrorClass::settings)}) == 78);
}

TEST_CASE("warnings: a primary without an address, a relay domain that is local here", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf", "domains = example.com\nprimary = mail.invalid\ninclude-root = no\n");
  const Loaded loaded = load(directory);
  REQUIRE(loaded.snapshot);
  CHECK(
      loaded.said ==
      "DIR/relay.d/a.conf:3: warning: include-root: DIR/relay.d/no cannot be read as a directory, so recipients with "
      "an include are kept (fix: copy the include files there, or remove the setting)\n"
      "DIR/relay.d/a.conf:1: warning: example.com is local to this host, so its mail is not relayed (fix: remove it "
      "from domains, or from this host's local domains)\n"
      "DIR/relay.d/a.conf:2: warning: the addresses of the primary mail.invalid are not known: the DNS has no "
      "address for it; its recipients are kept (fix: wait until the DNS answers, or set primary to its IP address)\n");
  CHECK(loaded.snapshot->relay_by_domain.at("example.com")->client_names == std::vector<std::string>{"mail.invalid"});
}

TEST_CASE("a primary may be an address, in brackets or with a port", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf", "domains = a.example\nprimary = [192.0.2.7]:25\n");
  directory.put("relay.d/b.conf", "domains = b.example c.example d.example\nprimary = Mail.B.example:25\n");
  const Loaded loaded = load(directory);
  REQUIRE(loaded.snapshot);
  CHECK(loaded.snapshot->relay_by_domain.at("a.example")->client_addresses == std::vector<std::string>{"192.0.2.7"});
  CHECK(loaded.snapshot->relay_by_domain.at("a.example")->client_names.empty());
  CHECK(loaded.snapshot->relay_by_domain.at("b.example")->client_names == std::vector<std::string>{"mail.b.example"});
  CHECK(loaded.snapshot->relay_by_domain.size() == 4);
  CHECK(loaded.snapshot->relays.size() == 2);  // each once, however many domains it has
}

TEST_CASE("virtual(5): a catch-all without the primary's recipient-delimiter is a warning", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  directory.put("virtual", "@example.org user@example.com\n");
  CHECK(load(directory).said ==
        "DIR/virtual:1: warning: @example.org takes every user+ext@example.org too, because recipient-delimiter is not "
        "set (fix: set it in DIR/relay.d/example.org.conf as it is on the primary; it may be empty)\n");
  put_example(directory, "recipient-delimiter =\n");
  directory.put("virtual", "@example.org user@example.com\n");
  CHECK(load(directory).said.empty());
}

TEST_CASE("primary-postconf: a table of the primary that is not here keeps its recipients, and is named",
          "[load][snapshot]") {
  SettingsDirectory directory;
  const std::string postconf =
      "mydestination = example.org\nmyorigin = example.org\nalias_maps = hash:/etc/aliases\n"
      "virtual_alias_maps = hash:/etc/postfix/virtual\n";
  put_example(directory, "primary-postconf = ../postconf-n\n");
  directory.put("postconf-n", postconf);
  CHECK(decided(load(directory), "user@example.org") == "all-local user@example.com");
  directory.put("postconf-n", postconf + "canonical_maps = hash:/c\n");
  const Loaded loaded = load(directory);
  CHECK(loaded.said.contains(
      "DIR/postconf-n: warning: the primary's canonical_maps names hash:/c, which is not on "
      "this host: recipients that may be in it are kept (fix: set mirror, which has every table;"));
  CHECK(decided(loaded, "user@example.org") == "not-mirrored");
  directory.put("postconf-n", postconf + "canonical_maps = inline:{ x@example.org=y@example.org }\n");
  CHECK(decided(load(directory), "user@example.org") == "all-local user@example.com");
  directory.put("postconf-n", postconf + "transport_maps = inline:{ broken\n");
  CHECK(decided(load(directory), "user@example.org") == "not-mirrored");
  directory.put("postconf-n", postconf + "always_bcc = archive@example.org\n");
  CHECK(decided(load(directory), "user@example.org") == "copied-elsewhere");
}

TEST_CASE("DESIGN 4, missing tables: nothing is known beyond a missing table", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "primary-postconf = ../postconf-n\n");
  directory.put("virtual", "user.lastname@example.org user@example.com\n@example.org user@example.com\n");
  const std::string begin = "mydestination = example.org\nmyorigin = example.org\nalias_maps = hash:/etc/aliases\n";
  directory.put("postconf-n", begin + "virtual_alias_maps = hash:/etc/postfix/virtual, regexp:/etc/postfix/re\n");
  const Loaded loaded = load(directory);
  CHECK(
      loaded.said.contains("DIR/relay.d/example.org.conf:3: warning: the primary's virtual_alias_maps names "
                           "regexp:/etc/postfix/re, which has no copy here"));
  CHECK(decided(loaded, "sales-x@example.org") == "not-mirrored");
  // The entry is final, but its target may be in the missing table.
  CHECK(decided(loaded, "user.lastname@example.org") == "not-mirrored");
  directory.put("postconf-n", begin + "virtual_alias_maps = hash:/etc/postfix/other\n");
  CHECK(decided(load(directory), "user.lastname@example.org") == "not-mirrored");
  directory.put("postconf-n", begin);  // the primary has no such table: the copy is superfluous
  const Loaded left_over = load(directory);
  CHECK(left_over.said.contains("is not a copy of a table in the primary's virtual_alias_maps"));
  CHECK(decided(left_over, "user.lastname@example.org") == "not-mirrored");
  CHECK(decided(left_over, "user@example.org") == "not-mirrored");  // the catch-all affects all addresses
  directory.put("virtual", "user.lastname@example.org user@example.com\n");
  CHECK(decided(load(directory), "user@example.org") == "all-local user@example.com");
}

TEST_CASE("local_recipient_maps: a name that only a pattern of alias_maps matches may be refused, so it is kept",
          "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  const std::string relay =
      "domains = example.org\nprimary = mail.example.org\nvirtual-alias-maps = text:../virtual\n"
      "alias-maps = regexp:../names\nprimary-domains = example.org\n";
  directory.put("relay.d/example.org.conf", relay);
  directory.put("names", "/^team/ user@example.com\n");
  const std::string said = "may refuse names that match only this table of patterns";
  const Loaded without_postconf = load(directory);
  CHECK(without_postconf.said.contains(said));
  CHECK(decided(without_postconf, "team@example.org") == "not-mirrored");
  directory.put("relay.d/example.org.conf", relay + "primary-postconf = ../postconf-n\n");
  directory.put("postconf-n",
                "mydestination = example.org\nmyorigin = example.org\nvirtual_alias_maps = hash:/etc/postfix/virtual\n"
                "alias_maps = regexp:/etc/postfix/names\n");
  const Loaded loaded = load(directory);
  CHECK(loaded.said.contains(said));
  CHECK(!loaded.said.contains("has no copy here"));
  CHECK(decided(loaded, "team@example.org") == "not-mirrored");
}

TEST_CASE("a truncated file stops its relay, an unreadable table only what depends on it", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  directory.put("aliases", "user: user@example.com,");
  const Loaded cut = load(directory);
  CHECK(cut.said.contains("DIR/aliases: the last line has no newline: the copy may be incomplete"));
  CHECK(decided(cut, "user@example.org") == "stale");
  put_example(directory);
  std::filesystem::remove(directory / "virtual");
  const Loaded missing = load(directory);
  CHECK(decided(missing, "user@example.org") == "not-mirrored");
}

TEST_CASE("DESIGN 4.7: a leaf counts as local only if its mail would come to this host", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  directory.put(
      "shorthop.conf",
      "postfix-config = none\nlocal-domains = example.com elsewhere.example.com silent.example.com null.example.com\n"
      "local-recipients = inline:{ user=x }\n");
  directory.put("aliases",
                "user: user@example.com\nelse: user@elsewhere.example.com\nsilent: user@silent.example.com\n"
                "null: user@null.example.com\n");
  const Loaded loaded = load(directory);
  CHECK(decided(loaded, "user@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "else@example.org") == "foreign-target");
  CHECK(decided(loaded, "null@example.org") == "foreign-target");
  CHECK(decided(loaded, "silent@example.org") == "lookup-failed");
  CHECK(loaded.said.contains("the MX records of silent.example.com are not known: the DNS does not answer"));
  put_example(directory, "arrives-here = elsewhere.example.com silent.example.com\n");
  directory.put("shorthop.conf",
                "postfix-config = none\nlocal-domains = example.com elsewhere.example.com silent.example.com\n"
                "local-recipients = inline:{ user=x }\n");
  directory.put("aliases", "else: user@elsewhere.example.com\nsilent: user@silent.example.com\n");
  const Loaded stated = load(directory);
  CHECK(stated.said.empty());
  CHECK(decided(stated, "else@example.org") == "all-local user@elsewhere.example.com");
  CHECK(decided(stated, "silent@example.org") == "all-local user@silent.example.com");
}

TEST_CASE("virtual(5): keys that are domains are virtual alias domains, by the default of the primary",
          "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "primary-postconf = ../postconf-n\n");
  directory.put("virtual", "example.org anything\nann@example.org user@example.com\n");
  directory.put("postconf-n",
                "mydestination = localhost\nmyorigin = other.example\nvirtual_alias_maps = hash:/etc/postfix/virtual\n"
                "alias_maps = hash:/etc/aliases\nmyhostname = mail.example.org\n");
  const Loaded loaded = load(directory);
  CHECK(loaded.said.contains("primary-domains is ignored, because the primary's postconf has mydestination"));
  CHECK(decided(loaded, "ann@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user@example.org") == "unknown-recipient");
  put_example(directory);
  directory.put("virtual", "example.org anything\n");
  CHECK(load(directory).said.contains(
      "DIR/virtual:1: warning: example.org is named in primary-domains, but has an entry as a virtual alias domain "
      "(fix: remove it from primary-domains, or set primary-postconf in DIR/relay.d/example.org.conf)\n"));
}

TEST_CASE("max-age counts from the newest file of a relay, whichever it is", "[load][snapshot]") {
  SettingsDirectory directory;
  const auto set_time = [&](const std::string& name, time_t when) {
    const utimbuf times{when, when};
    REQUIRE(utime((directory / name).c_str(), &times) == 0);
  };
  put_example(directory, "max-age = 48h\nforward-files = ../f/%u\ninclude-root = ../i\nmailboxes = text:../users\n");
  directory.put("f/ann", "ann@example.com\n");
  directory.put("i/list", "user@example.com\n");
  directory.put("users", "ann\n");
  directory.put("aliases", "user: user@example.com\nlist: :include:/list\n");
  const std::vector<std::string> files = {"virtual", "aliases", "f/ann", "i/list", "users"};
  for (const std::string& fresh : files) {
    INFO(fresh);
    for (const std::string& name : files) set_time(name, 1000);
    const Loaded old = load(directory);
    CHECK(decided(old, "user@example.org") == "stale");
    set_time(fresh, system_clock::to_time_t(system_clock::now()));
    const Loaded loaded = load(directory);
    CHECK(decided(loaded, "user@example.org") == "all-local user@example.com");
    CHECK(loaded.snapshot->relay_by_domain.at("example.org")->newest.file == (directory / fresh).lexically_normal());
  }
  // A time in the future is ignored, so such a file does not stay fresh for ever.
  for (const std::string& name : files) set_time(name, system_clock::to_time_t(system_clock::now()) + 86'400);
  CHECK(decided(load(directory), "user@example.org") == "stale");
}

TEST_CASE("stale data is explained by file and age", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "max-age = 48h\n");
  const time_t then = system_clock::to_time_t(system_clock::now()) - 50 * 3600;
  const utimbuf times{then, then};
  for (const char* name : {"virtual", "aliases"}) REQUIRE(utime((directory / name).c_str(), &times) == 0);
  const Loaded loaded = load(directory);
  const Decision decision = decide(*Address::parse("user@example.org"), {}, *loaded.snapshot, system_clock::now());
  CHECK(decision.reason == Reason::stale);
  CHECK(directory.shown(decision.detail).starts_with("the newest file, DIR/"));
  CHECK(decision.detail.ends_with(" is 50 hours old; max-age is 48 hours"));
}

#ifdef SHORTHOP_WITH_SQLITE
TEST_CASE("a live table is never old, however old the file with its parameters is", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf",
                "domains = a.example\nprimary = 192.0.2.1\nmax-age = 1h\nprimary-domains = a.example\n"
                "virtual-alias-maps = sqlite:../table.cf\n");
  directory.put("table.cf", "dbpath = :memory:\nquery = SELECT 'user@example.com' WHERE '%s' = 'ann@a.example'\n");
  const utimbuf times{1000, 1000};
  REQUIRE(utime((directory / "table.cf").c_str(), &times) == 0);
  CHECK(decided(load(directory), "ann@a.example") == "all-local user@example.com");
}
#endif

TEST_CASE("tables without a file are never old", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf",
                "domains = a.example\nprimary = 192.0.2.1\nmax-age = 1s\nprimary-domains = a.example\n"
                "virtual-alias-maps = inline:{ ann@a.example=user@example.com }\n");
  CHECK(decided(load(directory), "ann@a.example") == "all-local user@example.com");
}

}  // namespace shorthop::test
