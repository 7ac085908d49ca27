#include "tool/setup/panels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "text/ascii.h"
#include "text/nearest.h"
#include "tool/install_paths.h"

namespace shorthop::tool {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array localhost = {"localhost"sv, "127.0.0.1"sv};
constexpr std::array loopback = {"127.0.0.1"sv};
constexpr std::array mailcow_socket = {"unix:/var/run/mysqld/mysqld.sock"sv};

constexpr PanelDifference amavis{"content-filter",
                                 "amavis scans mail on the primary; accept this if this host scans mail too"};
constexpr PanelDifference rspamd{"milters",
                                 "rspamd filters mail on the primary; accept this if this host filters mail too"};

constexpr std::array has_amavis = {amavis};
constexpr std::array has_rspamd = {rspamd};
constexpr std::array of_mailcow = {
    rspamd, PanelDifference{"sender-rules", "aliases may be for internal senders only; accept this if none is"},
    PanelDifference{"archiving",
                    "rspamd sends the copies of BCC maps; accept this if there is no BCC map for recipients"}};
constexpr std::array of_iredmail = {
    amavis, PanelDifference{"sender-rules",
                            "iRedAPD decides who may write to an alias; accept this if no alias has such a rule"}};
constexpr std::array of_ispconfig = {amavis, rspamd};
constexpr std::array of_docker_mailserver = {
    amavis, rspamd,
    PanelDifference{"header-actions", "header checks may discard, redirect or copy mail; accept this if none does"}};
constexpr std::array of_univention = {
    amavis, PanelDifference{"sender-rules",
                            "listfilter decides who may write to a list; accept this if no list has such a rule"}};

// Sources: the panels' own settings; packaging/doc/panels/ names what is special.
constexpr std::array panel_rows = {
    Panel{.name = "postfixadmin",
          .title = "PostfixAdmin",
          .tables = "/etc/postfix/sql/mysql_*.cf or pgsql_*.cf",
          .listing = "--panel postfixadmin",
          .login = PanelLogin::sql,
          .servers = localhost},
    Panel{.name = "vimbadmin",
          .title = "ViMbAdmin",
          .tables = "/etc/postfix/mysql/*.cf",
          .listing = "--panel vimbadmin",
          .login = PanelLogin::sql,
          .servers = localhost},
    Panel{.name = "ispmail",
          .title = "the ISPmail guide",
          .tables = "/etc/postfix/mysql-*.cf",
          .listing = "--panel ispmail",
          .login = PanelLogin::sql,
          .servers = loopback,
          .differences = has_rspamd},
    Panel{.name = "mailcow",
          .title = "mailcow",
          .tables = "/opt/postfix/conf/sql/*.cf in the container postfix-mailcow",
          .listing = "--panel mailcow",
          .shell = "cd /opt/mailcow-dockerized && docker compose exec -T postfix-mailcow sh",
          .login = PanelLogin::sql,
          .servers = mailcow_socket,
          .database_port = "13306",
          .differences = of_mailcow},
    Panel{.name = "iredmail-sql",
          .title = "iRedMail with MariaDB or PostgreSQL",
          .tables = "/etc/postfix/mysql/*.cf or pgsql/*.cf",
          .listing = "--panel iredmail-sql",
          .login = PanelLogin::sql,
          .servers = loopback,
          .differences = of_iredmail},
    Panel{.name = "iredmail-ldap",
          .title = "iRedMail with OpenLDAP",
          .tables = "/etc/postfix/ldap/*.cf",
          .listing = "--panel ldap",
          .login = PanelLogin::ldap,
          .servers = loopback,
          .differences = of_iredmail},
    Panel{.name = "ispconfig",
          .title = "ISPConfig 3",
          .tables = "/etc/postfix/mysql-virtual_*.cf",
          .listing = "--panel ispconfig",
          .login = PanelLogin::sql,
          .servers = localhost,
          .differences = of_ispconfig},
    Panel{.name = "mailinabox",
          .title = "Mail-in-a-Box",
          .tables = "/etc/postfix/virtual-*.cf",
          .listing = "--panel mailinabox",
          .database_path = "/home/user-data/mail"},
    Panel{.name = "modoboa",
          .title = "Modoboa",
          .tables = "/etc/postfix/sql-*.cf",
          .listing = "--panel modoboa",
          .login = PanelLogin::sql,
          .servers = localhost,
          .differences = has_amavis},
    Panel{.name = "froxlor",
          .title = "Froxlor",
          .tables = "/etc/postfix/mysql-virtual_*.cf",
          .listing = "--panel froxlor",
          .login = PanelLogin::sql,
          .servers = localhost},
    Panel{.name = "virtualmin", .title = "Virtualmin", .tables = "/etc/postfix/virtual and /etc/aliases"},
    Panel{.name = "docker-mailserver",
          .title = "docker-mailserver",
          .tables = "/etc/postfix/virtual, regexp and ldap-*.cf in the container",
          .listing = "--panel ldap",
          .shell = "docker exec -i mailserver sh",
          .login = PanelLogin::ldap,
          .differences = of_docker_mailserver},
    Panel{.name = "yunohost",
          .title = "YunoHost",
          .tables = "/etc/postfix/ldap-*.cf",
          .listing = "--panel ldap",
          .login = PanelLogin::ldap,
          .servers = localhost,
          .differences = has_rspamd},
    Panel{.name = "zimbra",
          .title = "Zimbra",
          .tables = "/opt/zimbra/conf/ldap-*.cf",
          .listing = "--panel ldap",
          .login = PanelLogin::ldap,
          .differences = has_amavis},
    Panel{.name = "kolab",
          .title = "Kolab",
          .tables = "/etc/postfix/ldap/*.cf",
          .listing = "--panel ldap",
          .login = PanelLogin::ldap,
          .servers = localhost,
          .differences = has_amavis},
    Panel{.name = "univention",
          .title = "Univention Corporate Server",
          .tables = "/etc/postfix/ldap.*",
          .listing = "--panel ldap",
          .login = PanelLogin::ldap,
          .differences = of_univention},
    Panel{.name = "active-directory",
          .title = "Postfix with Active Directory",
          .tables = "the ldap: tables of main.cf",
          .listing = "--panel ldap",
          .login = PanelLogin::ldap},
};

/// "localhost -> db, 127.0.0.1 -> db".
std::string replacements(const Panel& panel, std::string_view primary) {
  const std::string port = panel.database_port.empty() ? "" : fmt::format(":{}", panel.database_port);
  std::string text;
  for (const std::string_view server : panel.servers) {
    text += fmt::format("{}{} -> {}{}", text.empty() ? "" : ", ", server, primary, port);
  }
  return text;
}

std::string login_lines(const Panel& panel, std::string_view domain) {
  if (panel.login == PanelLogin::none) return {};
  const bool is_sql = panel.login == PanelLogin::sql;
  return fmt::format(
      "# A file with this host's login for the database (lines {} = and {} =), mode 0640, group of shorthopd:\n"
      "#table-parameters = /etc/shorthop/{}.login\n",
      is_sql ? "user" : "bind_dn", is_sql ? "password" : "bind_pw", domain);
}

std::string database_lines(const Panel& panel, std::string_view primary, std::string_view domain) {
  std::string text;
  if (!panel.servers.empty()) text += fmt::format("#host-override = {}\n", replacements(panel, primary));
  if (!panel.database_path.empty()) {
    text +=
        fmt::format("# A copy of the database files on this host:\n#path-override = {} -> /var/lib/shorthop/{}.db\n",
                    panel.database_path, domain);
  }
  return text + login_lines(panel, domain);
}

std::string difference_lines(const Panel& panel) {
  if (panel.differences.empty()) return {};
  std::string text =
      "# Every recipient is kept (policy) until this host does the same as the primary, or you accept the "
      "differences:\n";
  std::string names;
  for (const PanelDifference& difference : panel.differences) {
    text += fmt::format("#   {}: {}\n", difference.name, difference.when);
    names += fmt::format(" {}", difference.name);
  }
  return text + fmt::format("#accept-difference ={}\n", names);
}

/// A name in lower case, without spaces and hyphens.
std::string without_spelling(std::string_view name) {
  std::string letters;
  std::ranges::copy_if(folded(name), std::back_inserter(letters), [](char c) { return c != '-' && c != ' '; });
  return letters;
}

}  // namespace

std::span<const Panel> panels() { return panel_rows; }

const Panel* find_panel(std::string_view name) {
  const std::string wanted = without_spelling(name);
  const auto row =
      std::ranges::find_if(panel_rows, [&](const Panel& panel) { return without_spelling(panel.name) == wanted; });
  return row == panel_rows.end() ? nullptr : &*row;
}

std::string_view nearest_panel(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Panel& panel : panel_rows) names.push_back(panel.name);
  if (const std::string_view nearest = nearest_word(name, names); !nearest.empty()) return nearest;
  const auto longer = std::ranges::find_if(names, [&](std::string_view one) { return one.starts_with(name); });
  return longer == names.end() || name.empty() ? std::string_view() : *longer;
}

std::string panel_settings(const Panel& panel, std::string_view primary, std::string_view domain) {
  std::string text = fmt::format("# {}, see panels/{}.md. Its tables: {}.\n", panel.title, panel.name, panel.tables);
  if (!panel.listing.empty()) {
    text += fmt::format(
        "# shorthop-export {} lists them. With --table-files instead, they are asked at each\n"
        "# look-up, and this host reaches the database here:\n",
        panel.listing);
  }
  return text + database_lines(panel, primary, domain) + difference_lines(panel);
}

std::string panel_export_commands(const Panel& panel, std::string_view primary, std::string_view importer) {
  const std::string export_script = scripts_directory() + "/shorthop-export";
  if (panel.shell.empty()) {
    return fmt::format("scp {0} root@{1}:\nssh root@{1} ./shorthop-export {2} | {3}\n", export_script, primary,
                       panel.listing, importer);
  }
  return fmt::format("ssh root@{} '{} -s -- {}' <{} |\n  {}\n", primary, panel.shell, panel.listing, export_script,
                     importer);
}

}  // namespace shorthop::tool
