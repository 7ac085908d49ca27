// Panels of primaries: the rows, and what they add to a relay file.
#include "tool/setup/panels.h"

#include <fmt/format.h>

#include "postfix/inbound/differences.h"
#include "settings/settings.h"
#include "support/catch.h"
#include "support/settings_directory.h"
#include "tool/setup/setup_plan.h"
#include "tool/subcommand.h"
#include "unit/tool/world.h"

using namespace shorthop;
using namespace shorthop::tool;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A secondary of example.org whose primary is run by that panel.
SetupFacts secondary_of(std::string_view panel) {
  SetupFacts facts;
  facts.settings.file = "/etc/shorthop/shorthop.conf";
  facts.settings.socket = Endpoint::parse("unix:/var/spool/postfix/shorthop/milter.sock").value();
  facts.relay_directory = "/etc/shorthop/relay.d";
  facts.postfix.version = "3.7.11";
  facts.postfix.values = {{"queue_directory", "/var/spool/postfix"}, {"smtpd_milters", ""}};
  facts.relay_domains.domains = {{"example.org", "relay_domains"}};
  facts.primaries.emplace("example.org", PrimaryFound{"mail.example.org", {}, "the MX records of example.org"});
  facts.panel = find_panel(panel);
  return facts;
}

NewFile file_for(std::string_view panel) { return plan_setup(secondary_of(panel)).files.at(0); }

/// The text with its commented-out settings in force.
std::string with_all_settings(std::string text) {
  for (const std::string_view name : {"table-parameters", "host-override", "path-override", "accept-difference"}) {
    const std::size_t at = text.find(fmt::format("\n#{} =", name));
    if (at != text.npos) text.erase(at + 1, 1);
  }
  return text;
}

std::string help_of_setup() {
  for (const Subcommand& row : subcommands()) {
    if (row.name == "setup") return std::string(row.details);
  }
  return {};
}

}  // namespace

TEST_CASE("the relay file of every panel can be read, with its commented settings too", "[tool][setup][panels]") {
  for (const Panel& panel : panels()) {
    INFO(panel.name);
    const std::string text = file_for(panel.name).text;
    for (const std::string& tried : {text, with_all_settings(text)}) {
      const test::SettingsDirectory directory;
      directory.put("shorthop.conf", "");
      directory.put("relay.d/example.org.conf", tried);
      Diagnostics warnings;
      const auto settings = read_settings((directory / "shorthop.conf").string(), SystemFiles(), warnings);
      REQUIRE(settings);
      CHECK(settings->relays.at(0).host_overrides.size() == (tried == text ? 0 : panel.servers.size()));
    }
  }
}

TEST_CASE("a panel's servers are replaced by the primary's name, with the port for other hosts",
          "[tool][setup][panels]") {
  CHECK_THAT(file_for("postfixadmin").text,
             ContainsSubstring("\n#host-override = localhost -> mail.example.org, 127.0.0.1 -> mail.example.org\n"));
  CHECK_THAT(file_for("mailcow").text,
             ContainsSubstring("\n#host-override = unix:/var/run/mysqld/mysqld.sock -> mail.example.org:13306\n"));
  CHECK_THAT(file_for("zimbra").text, !ContainsSubstring("host-override") && ContainsSubstring("bind_dn ="));
  CHECK_THAT(file_for("mailinabox").text,
             ContainsSubstring("\n#path-override = /home/user-data/mail -> /var/lib/shorthop/example.org.db\n"));
}

TEST_CASE("what a panel does to mail is never accepted automatically", "[tool][setup][panels]") {
  const std::string text = file_for("mailcow").text;
  CHECK_THAT(text, ContainsSubstring("\n#accept-difference = milters sender-rules archiving\n") &&
                       ContainsSubstring("\n#   archiving: rspamd sends the copies of BCC maps; "));
  for (const Panel& panel : panels()) CHECK(file_for(panel.name).text.find("\naccept-difference") == std::string::npos);
}

TEST_CASE("every difference that a panel names has a row, and is one that harms", "[tool][setup][panels]") {
  for (const Panel& panel : panels()) {
    for (const PanelDifference& one : panel.differences) {
      INFO(panel.name << ": " << one.name);
      const auto rows = difference_rows();
      const auto row = std::ranges::find(rows, one.name, &DifferenceRow::name);
      REQUIRE(row != rows.end());
      CHECK(row->harms);
    }
  }
}

TEST_CASE("the next step is pair, or the export that lists the panel, or the copy of text tables",
          "[tool][setup][panels]") {
  CHECK_THAT(file_for("kolab").next,
             ContainsSubstring("add --options '--panel ldap' to the command that it prints for the primary:\n\n"
                               "    shorthop pair mail.example.org example.org\n") &&
                 ContainsSubstring("    scp /usr/share/shorthop/shorthop-export root@mail.example.org:\n"
                                   "    ssh root@mail.example.org ./shorthop-export --panel ldap | shorthop import "
                                   "example.org\n") &&
                 ContainsSubstring("panels/kolab.md"));
  CHECK_THAT(file_for("virtualmin").next, ContainsSubstring("    shorthop pair mail.example.org example.org\n"));
  CHECK_THAT(file_for("virtualmin").next, ContainsSubstring("    shorthop-mirror root@mail.example.org "));
}

TEST_CASE("a panel in a container is exported there, and not paired with its host", "[tool][setup][panels]") {
  CHECK_THAT(file_for("mailcow").next,
             ContainsSubstring("    ssh root@mail.example.org 'cd /opt/mailcow-dockerized && docker compose exec -T "
                               "postfix-mailcow sh -s -- --panel mailcow' </usr/share/shorthop/shorthop-export |\n"
                               "      shorthop import example.org\n") &&
                 !ContainsSubstring("shorthop pair"));
  CHECK_THAT(file_for("docker-mailserver").next,
             ContainsSubstring("'docker exec -i mailserver sh -s -- --panel ldap'"));
  for (const Panel& panel : panels()) {
    INFO(panel.name);
    CHECK(panel.tables.contains("in the container") == !panel.shell.empty());
  }
}

TEST_CASE("an existing relay file is left alone, and the lines for the panel are shown", "[tool][setup][panels]") {
  SetupFacts facts = secondary_of("kolab");
  RelaySettings relay;
  relay.file = "/etc/shorthop/relay.d/mine.conf";
  relay.domains.value = {"example.org"};
  relay.primary.value = "mx.example.org";
  facts.settings.relays.push_back(relay);
  const SetupPlan plan = plan_setup(facts);
  CHECK(plan.files.empty());
  REQUIRE_FALSE(plan.remarks.empty());
  CHECK_THAT(plan.remarks[0], ContainsSubstring("mine.conf already; add the lines") &&
                                  ContainsSubstring("host-override = localhost -> mx.example.org"));
}

TEST_CASE("the help of setup names every panel", "[tool][setup][panels]") {
  for (const Panel& panel : panels()) CHECK_THAT(help_of_setup(), ContainsSubstring(std::string(panel.name)));
}

TEST_CASE("a panel's name that is not known suggests the nearest", "[tool][setup][panels]") {
  CHECK(find_panel("mailcow") != nullptr);
  CHECK(find_panel("") == nullptr);
  CHECK(find_panel("Mail-in-a-Box") == find_panel("mailinabox"));
  CHECK(find_panel("Active Directory") == find_panel("active-directory"));
  CHECK(find_panel("ISPConfig") != nullptr);
  CHECK(find_panel("mailcow2") == nullptr);
  CHECK(nearest_panel("mailcov") == "mailcow");
  CHECK(nearest_panel("PostfixAdmin") == "postfixadmin");
  CHECK(nearest_panel("iredmail") == "iredmail-sql");
  CHECK(nearest_panel("exchange").empty());
  CHECK(nearest_panel("").empty());
  const test::Ran ran = test::run({"setup", "--primary-is", "mailcov"});
  CHECK(ran.status == 64);
  CHECK_THAT(ran.errors, ContainsSubstring("no panel is named \"mailcov\", did you mean \"mailcow\"? (fix: ") &&
                             ContainsSubstring(", active-directory)"));
}
