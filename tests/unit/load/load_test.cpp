// From settings to a snapshot: what it holds, what prevents it, and with which exit status.
#include "load/load.h"

#include <sys/stat.h>
#include <utime.h>

#include <chrono>

#include "load/load_relay.h"
#include "load/setting_values.h"
#include "primary/resolve.h"
#include "session/decision.h"
#include "support/catch.h"
#include "unit/load/world.h"

namespace shorthop::test {
namespace {

using std::chrono::system_clock;

constexpr const char* main_file =
    "postfix-config = none\nlocal-domains = example.com\nlocal-recipients = inline:{ user=x }\n";

struct Loaded {
  std::shared_ptr<const Snapshot> snapshot;
  std::string said;  ///< errors, then warnings
  int status = 0;
};

Loaded load(const SettingsDirectory& directory) {
  Diagnostics warnings;
  const auto settings = read_settings(directory / "shorthop.conf", SystemFiles(), warnings);
  if (!settings) return {nullptr, directory.shown(text_of(settings.error())), exit_status(settings.error())};
  auto snapshot = load_snapshot(*settings, std::make_shared<SystemFiles>(), TextPostconf(no_postconf()),
                                FixedAddresses(), warnings);
  CHECK(!has_error(warnings));
  if (snapshot) return {*snapshot, directory.shown(text_of(warnings)), 0};
  return {nullptr, directory.shown(text_of(snapshot.error()) + text_of(warnings)), exit_status(snapshot.error())};
}

/// The tables of DESIGN 1.
void put_example(const SettingsDirectory& directory, const std::string& more = "") {
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/example.org.conf",
                "domains = example.org\nprimary = mail.example.org\nvirtual-alias-maps = text:../virtual\n"
                "alias-maps = text:../aliases\n" +
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

TEST_CASE("DESIGN 1: the example's tables make a snapshot that decides", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  const Loaded loaded = load(directory);
  CHECK(loaded.said.empty());
  REQUIRE(loaded.snapshot);
  const auto relay = loaded.snapshot->relay_by_domain.at("example.org");
  CHECK(relay->name == "example.org");
  CHECK(relay->primary_host == "mail.example.org");
  CHECK(relay->client_names == std::vector<std::string>{"mail.example.org"});
  CHECK(relay->client_addresses == std::vector<std::string>{"192.0.2.10"});
  CHECK(decided(loaded, "user@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user.lastname@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user@example.net") == "not-relayed");
}

TEST_CASE("what tables that are read at load make of a recipient is remembered until the next load",
          "[load][snapshot]") {
  const SettingsDirectory directory;
  const auto remembers = [&](const std::string& more) {
    put_example(directory, more);
    const Loaded loaded = load(directory);
    REQUIRE(loaded.snapshot != nullptr);
    return loaded.snapshot->relay_by_domain.at("example.org")->primary.memory != nullptr;
  };
  CHECK(remembers(""));
  CHECK(remembers("mailboxes = text:../aliases, inline:{ ann=x }, static:x\n"));
  CHECK_FALSE(remembers("mailboxes = unix:passwd.byname\n"));
}

TEST_CASE("all problems of all relays are reported, with their places", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "mailboxes = frob:/x\n");
  directory.put("virtual", "good@example.org x@example.com\n  \nbad\n");
  directory.put("aliases", "no colon here\nuser: x\n:\n");
  directory.put("relay.d/second.conf",
                "domains = b.example\nprimary = 192.0.2.1\nvirtual-alias-maps = text:missing\n"
                "primary-postconf = postconf-n\n");
  const Loaded loaded = load(directory);
  CHECK(loaded.snapshot == nullptr);
  CHECK(loaded.said.contains("DIR/virtual:3: error: "));
  CHECK(loaded.said.contains("DIR/aliases:1: error: "));
  CHECK(loaded.said.contains("DIR/aliases:3: error: "));
  CHECK(loaded.said.contains("DIR/relay.d/example.org.conf:5: error: frob:/x: tables of this type are not read"));
  CHECK(loaded.said.contains("DIR/relay.d/second.conf:3: error: DIR/relay.d/missing: cannot read the table: no such"));
  CHECK(loaded.said.contains(
      "DIR/relay.d/postconf-n: error: no such file or directory (run `postconf -n` on the primary and put its output "
      "there, or take primary-postconf out of DIR/relay.d/second.conf:4)\n"));
  CHECK(loaded.status == 78);
}

TEST_CASE("a host without Postfix needs none before the first relay", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  const Loaded idle = load(directory);
  REQUIRE(idle.snapshot);
  CHECK(idle.said.contains(
      "DIR/shorthop.conf: warning: this host's Postfix cannot be asked: there is no program postconf here (set "
      "local-domains and local-recipients, or let postfix-config name the directory of its main.cf)\n"));
  CHECK(decided(idle, "user@example.com") == "not-relayed");
  put_example(directory);
  directory.put("shorthop.conf", "");
  const Loaded needed = load(directory);
  CHECK(needed.snapshot == nullptr);
  CHECK(needed.said.contains("DIR/shorthop.conf: error: this host's Postfix cannot be asked: "));
  CHECK(needed.status == 78);
}

TEST_CASE("sysexits.h: 78 for settings, then 66 for files, then 75 for now, then 65 for data", "[load][snapshot]") {
  const auto trouble = [](Trouble kind, Severity severity = Severity::error) {
    return Diagnostic{"f", 1, "x", "", severity, kind};
  };
  CHECK(exit_status({}) == 0);
  CHECK(exit_status({trouble(Trouble::settings, Severity::warning)}) == 0);
  CHECK(exit_status({trouble(Trouble::data)}) == 65);
  CHECK(exit_status({trouble(Trouble::data), trouble(Trouble::temporary)}) == 75);
  CHECK(exit_status({trouble(Trouble::data), trouble(Trouble::missing), trouble(Trouble::temporary)}) == 66);
  CHECK(exit_status({trouble(Trouble::missing), trouble(Trouble::settings)}) == 78);
  SettingsDirectory directory;
  put_example(directory);
  directory.put("virtual", "bad\n");
  CHECK(load(directory).status == 65);
  put_example(directory);
  std::filesystem::remove(directory / "virtual");
  CHECK(load(directory).status == 66);
}

TEST_CASE("warnings: a primary without an address, a relay domain that is local here", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf", "domains = example.com\nprimary = mail.invalid\ninclude-root = no\n");
  const Loaded loaded = load(directory);
  REQUIRE(loaded.snapshot);
  CHECK(loaded.said ==
        "DIR/relay.d/a.conf:3: warning: include-root: DIR/relay.d/no is no directory that can be read, so recipients "
        "with "
        "an include are kept (copy the include files there, or take the setting out)\n"
        "DIR/relay.d/a.conf:1: warning: example.com is local to this host, so its mail is not relayed (take it out of "
        "domains, or out of this host's local domains)\n"
        "a.conf: warning: the addresses of the primary mail.invalid are not known: name or service not known (what the "
        "primary sends is known by its host name only, until the next reload)\n");
  CHECK(loaded.snapshot->relay_by_domain.at("example.com")->client_names == std::vector<std::string>{"mail.invalid"});
}

TEST_CASE("a primary may be an address, in brackets or with a port", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf", "domains = a.example\nprimary = [192.0.2.7]:25\n");
  directory.put("relay.d/b.conf", "domains = b.example\nprimary = Mail.B.example:25\n");
  const Loaded loaded = load(directory);
  REQUIRE(loaded.snapshot);
  CHECK(loaded.snapshot->relay_by_domain.at("a.example")->client_addresses == std::vector<std::string>{"192.0.2.7"});
  CHECK(loaded.snapshot->relay_by_domain.at("a.example")->client_names.empty());
  CHECK(loaded.snapshot->relay_by_domain.at("b.example")->client_names == std::vector<std::string>{"mail.b.example"});
}

TEST_CASE("virtual(5): a catch-all without the primary's recipient-delimiter is a warning", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory);
  directory.put("virtual", "@example.org user@example.com\n");
  CHECK(load(directory).said ==
        "DIR/virtual:1: warning: @example.org takes every user+ext@example.org too, as recipient-delimiter is not "
        "set (set it in DIR/relay.d/example.org.conf as it is on the primary; it may be empty)\n");
  put_example(directory, "recipient-delimiter =\n");
  directory.put("virtual", "@example.org user@example.com\n");
  CHECK(load(directory).said.empty());
}

TEST_CASE("primary-postconf: what is not followed keeps every recipient, by name", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "primary-postconf = ../postconf-n\n");
  directory.put("postconf-n", "mydestination = example.org\nmyorigin = example.org\n");
  CHECK(decided(load(directory), "user@example.org") == "all-local user@example.com");
  directory.put("postconf-n", "mydestination = example.org\nmyorigin = example.org\ncanonical_maps = hash:/c\n");
  const Loaded loaded = load(directory);
  CHECK(loaded.said.contains("DIR/postconf-n: warning: canonical_maps rewrites recipients at the primary"));
  CHECK(decided(loaded, "user@example.org") == "lookup-failed");
}

TEST_CASE("virtual(5): keys that are domains make virtual alias domains, by the default of the primary",
          "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "primary-postconf = ../postconf-n\n");
  directory.put("virtual", "example.org anything\nann@example.org user@example.com\n");
  directory.put("postconf-n",
                "mydestination = localhost\nmyorigin = other.example\nvirtual_alias_maps = hash:/etc/postfix/virtual\n"
                "myhostname = mail.example.org\n");
  const Loaded loaded = load(directory);
  CHECK(loaded.said.empty());
  const PrimaryRules& rules = loaded.snapshot->relay_by_domain.at("example.org")->primary.rules;
  CHECK(rules.virtual_alias_domains == DomainSet{"example.org"});
  CHECK(decided(loaded, "ann@example.org") == "all-local user@example.com");
  CHECK(decided(loaded, "user@example.org") == "unknown-recipient");
  put_example(directory);
  directory.put("virtual", "example.org anything\n");
  CHECK(load(directory).said.contains(
      "DIR/virtual:1: warning: example.org has an entry as a virtual alias domain, but is taken for one of "
      "mydestination (set primary-postconf in DIR/relay.d/example.org.conf)\n"));
}

TEST_CASE("max-age: the age of the alias data is that of its oldest file, source or database", "[load][snapshot]") {
  SettingsDirectory directory;
  const auto set_time = [&](const std::string& name, time_t when) {
    const utimbuf times{when, when};
    REQUIRE(utime((directory / name).c_str(), &times) == 0);
  };
  const auto at = [](time_t when) { return system_clock::from_time_t(when); };
  for (const char* name : {"old", "new", "new.db"}) directory.put(name, "");
  set_time("old", 1000);
  set_time("new", 3000);
  set_time("new.db", 2000);
  const std::string dir = directory.path() + "/";
  CHECK(oldest_change({"text:" + dir + "old", "texthash:" + dir + "new"}) == at(1000));
  CHECK(oldest_change({"text:" + dir + "new"}) == at(3000));
  CHECK(oldest_change({"hash:" + dir + "new"}) == at(2000));
  set_time("new", 1500);
  CHECK(oldest_change({"btree:" + dir + "new"}) == at(1500));
  CHECK(oldest_change({"text:" + dir + "missing"}) == system_clock::time_point{});
  CHECK(oldest_change({"inline:{a=b}", "unix:passwd.byname"}) == system_clock::time_point::max());
}

TEST_CASE("max-age: old alias data is not acted on", "[load][snapshot]") {
  SettingsDirectory directory;
  put_example(directory, "max-age = 48h\n");
  CHECK(decided(load(directory), "user@example.org") == "all-local user@example.com");
  const utimbuf times{1000, 1000};
  REQUIRE(utime((directory / "aliases").c_str(), &times) == 0);
  CHECK(decided(load(directory), "user@example.org") == "stale");
}

TEST_CASE("tables without a file are never old", "[load][snapshot]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/a.conf",
                "domains = a.example\nprimary = 192.0.2.1\nmax-age = 1s\n"
                "virtual-alias-maps = inline:{ ann@a.example=user@example.com }\n");
  CHECK(decided(load(directory), "ann@a.example") == "all-local user@example.com");
}

TEST_CASE("getaddrinfo(3): a literal is its canonical form, an unknown name says why", "[load][dns]") {
  const auto answers = SystemHostAddresses(std::chrono::milliseconds(2000)).of({"192.0.2.7", "2001:DB8::0:1"});
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].value() == std::vector<std::string>{"192.0.2.7"});
  CHECK(answers[1].value() == std::vector<std::string>{"2001:db8::1"});
  const auto unknown = SystemHostAddresses(std::chrono::milliseconds(300)).of({"name.invalid"});
  REQUIRE(unknown.size() == 1);
  CHECK(!unknown[0]);
  CHECK(!unknown[0].error().empty());
  CHECK(SystemHostAddresses().of({}).empty());
}

}  // namespace shorthop::test
