// The settings of both kinds of files, with their defaults and their places in the files.
#include "unit/settings/written_settings.h"

#include "settings/setting_rows.h"
#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("a relay.d that is not a directory is refused", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d", "");
  CHECK(read(directory).said.contains("DIR/relay.d: error: not a directory (fix: make it a directory"));
}

TEST_CASE("RFC 5890: domains may be written with U-labels or A-labels", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "local-domains = M\u00fcnchen.example\n");
  directory.put("relay.d/a.conf",
                "domains = b\u00fccher.example, xn--mnchen-3ya.example\nprimary = mail.example.net\n");
  const Read result = read(directory);
  REQUIRE(result.settings);
  CHECK(result.settings->local_domains.value == std::vector<std::string>{"xn--mnchen-3ya.example"});
  CHECK(result.settings->relays[0].domains.value ==
        std::vector<std::string>{"xn--bcher-kva.example", "xn--mnchen-3ya.example"});
}

TEST_CASE("the fingerprint changes with each setting that a reload puts in force, and with nothing else",
          "[settings]") {
  const auto fingerprint = [](const std::string& main, const std::string& relay) {
    SettingsDirectory directory;
    directory.put("shorthop.conf", main);
    directory.put("relay.d/a.conf", good_relay + relay);
    return read(directory).settings.value().fingerprint;
  };
  const std::string before = fingerprint("mode = observe\n", "split = no\nmax-age = 48h\n");
  CHECK(fingerprint("# why\nmode=observe\nlog-level = debug\n", "max-age = 48h\nsplit = no\n") == before);
  CHECK(fingerprint("mode = rewrite\n", "split = no\nmax-age = 48h\n") != before);
  CHECK(fingerprint("mode = observe\n", "split = no\nmax-age = 48h\nexclude = a@example.org\n") != before);
  CHECK(fingerprint("mode = observe\nsplit = no\n", "max-age = 48h\n") != before);
}

TEST_CASE("exclude and split: a value in the relay file replaces the value in the main file", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "exclude = Boss@example.org, list-*@example.org\nsplit = yes\n");
  directory.put("relay.d/a.conf", good_relay);
  directory.put("relay.d/b.conf", "domains = example.net\nprimary = mail.example.net\nexclude =\nsplit = no\n");
  const Read result = read(directory);
  REQUIRE(result.settings);
  const auto& relays = result.settings->relays;
  CHECK(relays[0].excluded == std::vector<std::string>{"boss@example.org", "list-*@example.org"});
  CHECK(relays[0].split);
  CHECK(relays[1].excluded.empty());
  CHECK_FALSE(relays[1].split);
  CHECK(said_of_relay(std::string(good_relay) + "exclude = a@b@c\n")
            .starts_with("DIR/relay.d/r.conf:3: error: exclude: \"a@b@c\" is not a valid address, domain or pattern"));
  CHECK(said_of_relay(std::string(good_relay) + "split = maybe\n").starts_with("DIR/relay.d/r.conf:3: error: split"));
}

TEST_CASE("accept-difference: names of differences, each once; the error for an unknown name suggests the nearest one",
          "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/a.conf", std::string(good_relay) + "accept-difference = milters, tls\n  milters\n");
  const Read result = read(directory);
  REQUIRE(result.settings);
  CHECK(result.settings->relays.front().accepted_differences.value == std::vector<std::string>{"milters", "tls"});
  CHECK(said_of_relay(std::string(good_relay) + "accept-difference = tls content-filtre\n")
            .starts_with("DIR/relay.d/r.conf:3: error: accept-difference: \"content-filtre\" is not the name of a "
                         "difference (fix: write content-filter)"));
  CHECK(said_of_relay(std::string(good_relay) + "accept-difference = everything\n")
            .contains("(fix: write a name that `shorthop check` prints)"));
}

TEST_CASE("srs-tables: only tcp: and socketmap: tables are accepted", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/a.conf",
                std::string(good_relay) + "srs-tables = tcp:localhost:10002, socketmap:unix:srs:reverse\n");
  const Read result = read(directory);
  REQUIRE(result.settings);
  CHECK(result.settings->relays.front().srs_tables ==
        std::vector<TableName>{{"tcp", "localhost:10002"}, {"socketmap", "unix:srs:reverse"}});
  CHECK(said_of_relay(std::string(good_relay) + "srs-tables = hash:/etc/postfix/srs\n")
            .starts_with("DIR/relay.d/r.conf:3: error: srs-tables: \"hash:/etc/postfix/srs\" is not a table of an SRS "
                         "daemon (fix: write tcp:HOST:PORT"));
}

TEST_CASE("next-hops: hosts without brackets and ports, folded", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/a.conf", std::string(good_relay) + "next-hops = [Relay.example.net]:25, 192.0.2.9\n");
  const Read result = read(directory);
  REQUIRE(result.settings);
  CHECK(result.settings->relays.front().next_hops.value == std::vector<std::string>{"relay.example.net", "192.0.2.9"});
  CHECK(said_of_relay(std::string(good_relay) + "next-hops = a@b\n")
            .starts_with("DIR/relay.d/r.conf:3: error: next-hops: \"a@b\" is not a valid host"));
}

TEST_CASE("DESIGN 2.10: an empty main file means the defaults, and mode observe", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/example.org.conf", good_relay);
  const Read result = read(directory);
  REQUIRE(result.settings);
  CHECK(result.said.empty());
  const Settings& settings = *result.settings;
  CHECK(settings.socket.text() == "unix:/var/spool/postfix/shorthop/milter.sock");
  CHECK(settings.socket_mode == 0660U);
  CHECK(settings.socket_group.empty());
  REQUIRE(settings.control);
  CHECK(settings.control->text() == "unix:/run/shorthop/control.sock");
  CHECK(settings.postfix_config == "/etc/postfix");
  CHECK(settings.local_domains.value.empty());
  CHECK(settings.local_recipients.value.empty());
  CHECK(!settings.recipient_delimiter);
  CHECK(settings.relay_transports == std::vector<std::string>{"smtp", "relay", "esmtp", "dsmtp"});
  CHECK(settings.log_format == LogFormat::text);
  CHECK(settings.log_level == LogLevel::info);
  REQUIRE(settings.relays.size() == 1);
  const RelaySettings& relay = settings.relays.front();
  CHECK(relay.name == "example.org");
  CHECK(relay.mode == Mode::observe);
  CHECK(!relay.max_age);
  CHECK(relay.profile.value == Profile::postfix);
  CHECK(!relay.recipient_delimiter);
}

TEST_CASE(
    "DESIGN 5: settings of both kinds of files are read; a value in a relay file replaces the value in the main file",
    "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf",
                "socket         = inet:10027@127.0.0.1   # or unix:\n"
                "socket-mode    = 0600\n"
                "socket-group   = postfix\n"
                "control        = unix:control.sock\n"
                "mode           = rewrite          # observe | rewrite\n"
                "postfix-config = none\n"
                "local-domains    = Example.com mail.example.com\n"
                "local-recipients = unix:passwd.byname text:aliases          # both\n"
                "recipient-delimiter = -\n"
                "relay-transports = smtp, slow\n"
                "metrics        = off\n"
                "log-format     = json\n"
                "log-level      = debug\n"
                "max-age = 7d\n");
  directory.put("relay.d/a.conf",
                "domains            = example.org, example.net\n"
                "primary            = mail.example.org\n"
                "profile            = postfix\n"
                "virtual-alias-maps = text:/lib/virtual\n"
                "alias-maps         = text:aliases\n"
                "   hash:/etc/aliases\n"
                "forward-files      = /lib/forward/%u    # USER+EXT is tried before USER\n"
                "include-root       = ../include\n"
                "primary-postconf   = postconf-n\n"
                "mailboxes          = text:/lib/users\n"
                "recipient-delimiter = +\n"
                "max-age            = 48h\n"
                "mode               = observe\n");
  directory.put("relay.d/b.conf", "domains = b.example\nprimary = 192.0.2.1\nrecipient-delimiter =\n");
  directory.put("relay.d/c.conf", "domains = c.example\nprimary = 192.0.2.1\nmax-age = none\n");
  directory.put("relay.d/not-read.conf.example", "nonsense");
  directory.put("relay.d/.hidden.conf", "nonsense");
  const Read result = read(directory);
  CHECK(result.said.empty());
  REQUIRE(result.settings);
  const Settings& settings = *result.settings;
  CHECK(settings.socket.text() == "inet:10027@127.0.0.1");
  CHECK(settings.socket_mode == 0600U);
  CHECK(settings.socket_group == "postfix");
  REQUIRE(settings.control);
  CHECK(directory.shown(settings.control->text()) == "unix:DIR/control.sock");
  CHECK(settings.postfix_config.empty());
  CHECK(settings.local_domains.value == std::vector<std::string>{"example.com", "mail.example.com"});
  CHECK(settings.local_domains.origin.line == 7);
  CHECK(directory.shown(settings.local_recipients.value.at(1).text()) == "text:DIR/aliases");
  CHECK(settings.recipient_delimiter->value == "-");
  CHECK(settings.relay_transports == std::vector<std::string>{"smtp", "slow"});
  CHECK(settings.log_format == LogFormat::json);
  CHECK(settings.log_level == LogLevel::debug);

  REQUIRE(settings.relays.size() == 3);
  const RelaySettings& a = settings.relays[0];
  CHECK(a.domains.value == std::vector<std::string>{"example.org", "example.net"});
  CHECK(a.virtual_alias_maps.value == std::vector<TableName>{{"text", "/lib/virtual"}});
  CHECK(directory.shown(a.alias_maps.value.at(0).text()) == "text:DIR/relay.d/aliases");
  CHECK(a.alias_maps.value.at(1) == TableName{"hash", "/etc/aliases"});
  CHECK(a.alias_maps.origin.line == 5);
  CHECK(a.forward_files.value == "/lib/forward/%u");
  CHECK(directory.shown(a.include_root.value) == "DIR/include");
  CHECK(directory.shown(a.primary_postconf.value) == "DIR/relay.d/postconf-n");
  CHECK(a.mailboxes.value == std::vector<TableName>{{"text", "/lib/users"}});
  CHECK(a.recipient_delimiter->value == "+");
  CHECK(a.max_age == std::chrono::hours(48));
  CHECK(a.mode == Mode::observe);

  // The value in the relay file replaces that in the main file.
  const RelaySettings& b = settings.relays[1];
  CHECK(b.max_age == std::chrono::hours(7 * 24));
  CHECK(b.mode == Mode::rewrite);
  CHECK(b.recipient_delimiter->value.empty());
  CHECK(!settings.relays[2].max_age);
}

TEST_CASE("settings for predictions are read from both kinds of files, and have limits", "[settings]") {
  SettingsDirectory directory;
  directory.put(
      "shorthop.conf",
      "rewrite-only = ann@example.org\nreturn-time = 2d\nlog-recipients = no\nmetrics = inet:127.0.0.1:9643\n");
  directory.put("relay.d/a.conf", std::string(good_relay) + "control = 1%\n");
  directory.put("relay.d/b.conf", "domains = b.example\nprimary = mail.b.example\ncontrol = none\nrewrite-only =\n");
  const Read result = read(directory);
  CHECK(result.said.empty());
  REQUIRE(result.settings);
  CHECK(result.settings->return_time == std::chrono::hours(48));
  CHECK_FALSE(result.settings->log_recipients);
  CHECK(result.settings->metrics->text() == "inet:9643@127.0.0.1");
  CHECK(result.settings->relays[0].control == 1);
  CHECK(result.settings->relays[0].rewrite_only == std::vector<std::string>{"ann@example.org"});
  CHECK(result.settings->relays[1].control == 0);
  CHECK(result.settings->relays[1].rewrite_only.empty());
  CHECK(said_of_main("return-time = 6d\nrewrite-only = @\n") ==
        "DIR/shorthop.conf:1: error: return-time: the limit is 5d (fix: write 1h)\n"
        "DIR/shorthop.conf:2: error: rewrite-only: \"@\" is not a valid address, domain or pattern (fix: write "
        "user@example.org, example.org or list-*@example.org)\n");
  CHECK(said_of_relay(std::string(good_relay) + "control = 101%\n") ==
        "DIR/relay.d/r.conf:3: error: control: \"101%\" is not a valid share (fix: write a percentage such as 20%, or "
        "none)\n");
}

TEST_CASE("settings: metrics can be read only on this host", "[settings]") {
  for (const char* good : {"unix:m.sock", "unix:/run/m.sock", "inet:127.0.0.1:9643", "inet:9643@127.0.0.1",
                           "inet:localhost:9643", "inet:[::1]:9643", "off"}) {
    INFO(good);
    CHECK(said_of_main(std::string("metrics = ") + good + "\n").empty());
  }
  for (const char* bad : {"inet:0.0.0.0:9643", "inet:[2001:db8::1]:9643", "9643", "inet:127.0.0.1:0", "inet:", "on",
                          "inet:9643@127.example.org", "inet:127.example.org:9643"}) {
    INFO(bad);
    CHECK(said_of_main(std::string("metrics = ") + bad + "\n").starts_with("DIR/shorthop.conf:1: error: metrics: "));
  }
}

TEST_CASE("settings: the parser accepts the default values of the rows", "[settings]") {
  std::string main_file;
  std::string relay_file = "domains = a.example\nprimary = h.example\n";
  for (const SettingRow& row : setting_rows()) {
    const std::string line = std::string(row.name) + " = " + std::string(row.default_value) + "\n";
    if (belongs_to(row, Section::main)) main_file += line;
    if (belongs_to(row, Section::relay) && row.name != "domains" && row.name != "primary") relay_file += line;
  }
  SettingsDirectory directory;
  directory.put("shorthop.conf", main_file);
  directory.put("relay.d/r.conf", relay_file);
  CHECK(read(directory).said.empty());
}

}  // namespace shorthop::test
