// Every error in settings, as it is shown to the postmaster.
#include <random>

#include "settings/setting_rows.h"
#include "support/catch.h"
#include "unit/settings/written_settings.h"

namespace shorthop::test {

TEST_CASE("settings: an unknown key is an error with file, line and the nearest right key", "[settings]") {
  CHECK(said_of_main("mode = observe\nsoket = unix:/x\n") ==
        "DIR/shorthop.conf:2: error: unknown setting \"soket\" (fix: write socket)\n");
  CHECK(said_of_main("frobnicate = 1\n") ==
        "DIR/shorthop.conf:1: error: unknown setting \"frobnicate\" (fix: choose one from "
        "`shorthop config`, which lists all settings)\n");
  CHECK(said_of_main("alias-maps = text:/x\n") ==
        "DIR/shorthop.conf:1: error: alias-maps does not belong in this file (fix: move it to "
        "relay.d/NAME.conf)\n");
  CHECK(said_of_relay("domains = a.example\nprimary = h.example\nsocket = unix:/x\nalias_maps = text:/x\n") ==
        "DIR/relay.d/r.conf:3: error: socket does not belong in this file (fix: move it to shorthop.conf)\n"
        "DIR/relay.d/r.conf:4: error: unknown setting \"alias_maps\" (fix: write alias-maps)\n");
}

TEST_CASE("settings: every bad value of a main file is reported at its line", "[settings]") {
  CHECK(
      said_of_main("socket = 10027\n"
                   "socket-mode = rw\n"
                   "socket-group = a b\n"
                   "control = inet:1@h\n"
                   "mode = rewite\n"
                   "local-domains = ex@mple\n"
                   "local-recipients = /etc/aliases\n"
                   "metrics = inet:9642@192.0.2.1\n"
                   "log-format = xml\n"
                   "log-level = warn\n"
                   "max-age = 48\n"
                   "recipient-delimiter = a\n") ==
      "DIR/shorthop.conf:1: error: socket: \"10027\" is not a valid socket (fix: write unix:/PATH or inet:PORT@HOST)\n"
      "DIR/shorthop.conf:2: error: socket-mode: \"rw\" is not a valid octal mode (fix: write permission bits such as "
      "0660)\n"
      "DIR/shorthop.conf:3: error: socket-group: \"a b\" is more than one group (fix: write one group)\n"
      "DIR/shorthop.conf:4: error: control: the control socket must be a UNIX socket (fix: write unix:/PATH, or none)\n"
      "DIR/shorthop.conf:5: error: mode: \"rewite\" is not one of observe, rewrite (fix: write rewrite)\n"
      "DIR/shorthop.conf:6: error: local-domains: \"ex@mple\" is not a valid domain (fix: write the domain only, "
      "without "
      "user and "
      "@)\n"
      "DIR/shorthop.conf:7: error: local-recipients: \"/etc/aliases\" is not a valid table (fix: write "
      "text:/etc/aliases)\n"
      "DIR/shorthop.conf:8: error: metrics: \"inet:9642@192.0.2.1\" can be reached from other hosts (fix: write "
      "inet:127.0.0.1:PORT or unix:/PATH, with a proxy in front if other hosts read the metrics)\n"
      "DIR/shorthop.conf:9: error: log-format: \"xml\" is not one of text, json (fix: write text)\n"
      "DIR/shorthop.conf:10: error: log-level: \"warn\" is not one of debug, info, warning, error (fix: write debug)\n"
      "DIR/shorthop.conf:11: error: max-age: \"48\" has no unit (fix: write 48s, 48m, 48h or 48d)\n"
      "DIR/shorthop.conf:12: error: recipient-delimiter: \"a\" is not a valid set of delimiters (fix: write "
      "recipient_delimiter's "
      "value, such as +)\n");
}

TEST_CASE("settings: every bad value of a relay file is reported at its line", "[settings]") {
  CHECK(
      said_of_relay("domains = example.org.\n"
                    "primary = a.example b.example\n"
                    "profile = exim\n"
                    "virtual-alias-maps = virtual\n"
                    "forward-files = /lib/forward\n"
                    "mode = on\n") ==
      "DIR/relay.d/r.conf:1: error: domains: \"example.org.\" is not a valid domain (fix: write it without the final "
      "dot)\n"
      "DIR/relay.d/r.conf:2: error: primary: \"a.example b.example\" is more than one host (fix: write one relay file "
      "for each primary)\n"
      "DIR/relay.d/r.conf:3: error: profile: \"exim\" is not a valid profile (fix: write postfix, sendmail or flat)\n"
      "DIR/relay.d/r.conf:4: error: virtual-alias-maps: \"virtual\" is not a valid table (fix: write TYPE:NAME, such "
      "as "
      "text:/PATH)\n"
      "DIR/relay.d/r.conf:5: error: forward-files: \"/lib/forward\" has no %u (fix: write %u in place of the user's "
      "name, "
      "such as /PATH/%u)\n"
      "DIR/relay.d/r.conf:6: error: mode: \"on\" is not one of observe, rewrite (fix: write observe)\n");
}

TEST_CASE("settings: a relay needs domains and a primary", "[settings]") {
  CHECK(said_of_relay("primary =\n") ==
        "DIR/relay.d/r.conf: error: domains is not set (fix: write domains = EXAMPLE.ORG, the domains that this host "
        "relays to the primary)\n"
        "DIR/relay.d/r.conf:1: error: primary is not set (fix: write primary = MAIL.EXAMPLE.ORG, the host that is "
        "responsible for the domains)\n");
}

TEST_CASE("settings: a domain of two relays is an error that names both", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/a.conf", "domains = example.org\nprimary = a.example\n");
  directory.put("relay.d/b.conf", "\nprimary = b.example\ndomains = other.example EXAMPLE.org\n");
  const Read result = read(directory);
  CHECK(result.said ==
        "DIR/relay.d/b.conf:3: error: example.org is already a domain of DIR/relay.d/a.conf:1 (fix: name each domain "
        "in one "
        "relay file only)\n");
  CHECK(result.status == 78);
}

TEST_CASE("settings: a mirror of two primaries is an error; two relays of one primary may share it", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/a.conf", "domains = a.example\nprimary = mail.example\nmirror = ../m\n");
  directory.put("relay.d/b.conf", "domains = b.example\nprimary = MAIL.example.\nmirror = ../m/\n");
  CHECK(read(directory).said.empty());
  directory.put("relay.d/b.conf", "domains = b.example\nprimary = other.example\nmirror = ../x/../m/\n");
  const Read result = read(directory);
  CHECK(result.said ==
        "DIR/relay.d/b.conf:3: error: DIR/m is already the mirror of DIR/relay.d/a.conf:3, which has another primary "
        "(fix: name another directory; if both relays have the same primary, write its name alike in both files)\n");
  CHECK(result.status == 78);
}

TEST_CASE("settings: a socket for two purposes is an error", "[settings]") {
  CHECK(said_of_main("socket = unix:/run/a\nmetrics = off\ncontrol = unix:/run/../run/a\n") ==
        "DIR/shorthop.conf:3: error: socket and control are the same socket, unix:/run/a (fix: give each setting its "
        "own socket)\n");
  CHECK(said_of_main("socket = inet:9642@127.0.0.1\nmetrics = inet:9642@localhost\n") ==
        "DIR/shorthop.conf:2: error: socket and metrics are the same socket, inet:9642@127.0.0.1 (fix: give each "
        "setting its own socket)\n");
  CHECK(said_of_main("metrics = unix:/run/shorthop/control.sock\n") ==
        "DIR/shorthop.conf:1: error: control and metrics are the same socket, unix:/run/shorthop/control.sock (fix: "
        "give each setting its own socket)\n");
  CHECK(said_of_main("control = none\nmetrics = unix:/run/shorthop/control.sock\n").empty());
}

TEST_CASE("settings: errors of one file do not hide errors of another", "[settings]") {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "mode = x\n");
  directory.put("relay.d/a.conf", "[a]\n");
  directory.put("relay.d/b.conf", "domains = b.example\nprimary = b.example\nmod = observe\n");
  const std::string said = read(directory).said;
  CHECK(said.contains("DIR/shorthop.conf:1: error: mode:"));
  CHECK(said.contains("DIR/relay.d/a.conf:1: error: \"[a]\""));
  CHECK(said.contains("DIR/relay.d/b.conf:3: error: unknown setting \"mod\" (fix: write mode)"));
}

TEST_CASE("settings: without the main file the exit status is 66; without a relay file there is a warning",
          "[settings]") {
  SettingsDirectory directory;
  Read result = read(directory);
  CHECK(result.said ==
        "DIR/shorthop.conf: error: no such file or directory (fix: name another main file with --config FILE)\n");
  CHECK(result.status == 66);
  directory.put("shorthop.conf", "");
  result = read(directory);
  CHECK(result.settings);
  CHECK(result.said ==
        "DIR/relay.d: warning: no file matches *.conf, so every recipient is kept (fix: write one file for each "
        "primary)\n");
  std::filesystem::create_directories(directory / "relay.d/x.conf");
  result = read(directory);
  CHECK(result.said.starts_with("DIR/relay.d/x.conf: error: "));
  CHECK(result.status == 66);
}

TEST_CASE("settings: random bytes cause no crash and no unprintable output", "[settings]") {
  std::mt19937 random(2);
  SettingsDirectory directory;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int lines = 0; lines < 8; ++lines) {
      const SettingRow& row = setting_rows()[random() % setting_rows().size()];
      text += std::string(row.name) + " = ";
      for (std::size_t i = random() % 12; i > 0; --i) {
        constexpr std::string_view bits = ":/{}@%u,[]. \t0123456789hdw+-unix";
        text += random() % 4 == 0 ? static_cast<char>(random()) : bits[random() % bits.size()];
      }
      text += '\n';
    }
    directory.put("shorthop.conf", text);
    directory.put("relay.d/r.conf", text);
    CHECK(is_printable(read(directory).said));
  }
}

}  // namespace shorthop::test
