// Databases of a primary, asked from this host: which hosts a table file may reach.
#include "load/mirror/adapted_table_file.h"

#include <filesystem>
#include <string>
#include <vector>

#include "load/load_relay.h"
#include "support/catch.h"
#include "support/map_files.h"
#include "support/settings_directory.h"
#include "tables/text/server_items.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

/// The table file that is used on this host, followed by "tables of the primary" and "copied" if these apply; "no: WHY"
/// if the table is not asked.
std::string adapted(std::string_view type, std::string_view file, const TableOverrides& overrides = {}) {
  const auto find_path = [](const std::string& path) -> std::optional<std::string> {
    if (path != "/var/mail.sqlite") return std::nullopt;
    return "/mirror" + path;
  };
  const MapFiles files({{"/etc/domains", "# a comment\nc.example\n/etc/more !d.example\n"},
                        {"/etc/more", "hash:/etc/table e.example\n"},
                        {"/etc/empty", "#\n"},
                        {"/etc/brace", "f.example{\n"}});
  const auto result = adapt_table_file(type, file, overrides, find_path, files);
  if (!result) return "no: " + result.error();
  std::string text = result->text;
  return text + (result->names_tables_of_primary ? "tables of the primary\n" : "") +
         (result->copies_database ? "copied\n" : "");
}

const TableOverrides to_db{.hosts = {{"localhost", "db.example.org"}, {"unix:/run/mysqld.sock", "db2"}}, .paths = {}};

}  // namespace

TEST_CASE("a host name that means the primary itself is refused: here it would mean this host", "[load][asked]") {
  for (const char* host : {"localhost",
                           "localhost:3306",
                           "127.0.0.1",
                           "127.0.0.1:5432",
                           "inet:localhost:3306",
                           "::1",
                           "unix:/run/mysqld.sock",
                           "db.example.org localhost",
                           "postgresql:///db?host=/run",
                           "postgresql://user@localhost/db",
                           "LOCALHOST",
                           "ip6-localhost",
                           "[::1]:3306",
                           "::ffff:127.0.0.1",
                           "0:0:0:0:0:0:0:1",
                           "127.1",
                           "[::ffff:7f00:1]",
                           "localhost6:3306",
                           "postgresql://%2Frun%2Fpostgresql/db",
                           "postgresql://db/db?host=/run",
                           "postgresql://db/db?user=x&host=localhost",
                           "postgresql://db/db?hostaddr=127.0.0.1",
                           "postgresql:///db?host=%2Frun",
                           "postgresql://db/db?service=mail",
                           "postgresql://db/db?h%6Fst=x",
                           "postgresql:///db?host=@abstract"}) {
    INFO(host);
    CHECK(adapted("mysql", std::string("hosts = ") + host + "\n").starts_with("no: its hosts is"));
  }
  // global/dict_mysql.c, global/dict_pgsql.c: no item means localhost.
  for (const char* none : {"user = x\n", "hosts =\n", "hosts = ,\n"}) {
    CHECK(adapted("pgsql", none).starts_with("no: its hosts is \"localhost\""));
    CHECK(adapted("mysql", none, to_db).contains("hosts = db.example.org\n"));
  }
  CHECK(adapted("ldap", "server_host = ,\n").starts_with("no: its server_host is \"localhost\""));
  for (const char* host : {"ldapi:///", "ldapi://%2Frun%2Fldapi", "LDAPI://%2Frun%2Fldapi", "LDAPI:///",
                           "ldap://[::1]:389/", "ldap://localhost", "ldaps://127.0.0.1:636/", "localhost"}) {
    INFO(host);
    CHECK(adapted("ldap", std::string("server_host = ") + host + "\n").starts_with("no: its server_host is"));
  }
  CHECK(adapted("mysql", "hosts = db.example.org, 192.0.2.1:3307\n") == "hosts = db.example.org 192.0.2.1:3307\n");
  for (const char* host : {"postgresql:///db?host=db.example.org", "postgresql://localhost/db?hostaddr=192.0.2.1"}) {
    CHECK(adapted("pgsql", std::string("hosts = ") + host + "\n") == std::string("hosts = ") + host + "\n");
  }
}

TEST_CASE("a host name without a domain may be another host here, so host-override must name it", "[load][asked]") {
  for (const char* host : {"db", "db:3306", "inet:db", "DB.", "mysql", "postgresql://u@db/mail", "postgresql:mail"}) {
    INFO(host);
    CHECK(adapted("mysql", std::string("hosts = ") + host + "\n").contains("a name without a domain"));
  }
  CHECK(adapted("ldap", "server_host = ldap://ldap:389/\n").contains("a name without a domain"));
  const TableOverrides same{.hosts = {{"db", "db"}}, .paths = {}};
  CHECK(adapted("mysql", "hosts = db:3306\n", same) == "hosts = db:3306\n");
}

TEST_CASE("host-override: the message shows no password of a URI", "[load][asked]") {
  const std::string said = adapted("pgsql", "hosts = postgresql://mail:secret@localhost/mail?password=secret\n");
  CHECK(said.starts_with("no: its hosts is \"postgresql://localhost/mail\""));
  for (const char* uri :
       {"//u:s?cret@h/d", "//u:s@cret@h/d", "//h/d?password=s@cret", "//u:s/cret@h/d?x", "u:s@cret@h"}) {
    INFO(uri);
    CHECK_FALSE(ServerItem(uri).shown().contains("s"));
    CHECK_FALSE(ServerItem(uri).shown().contains("cret"));
  }
}

TEST_CASE("host-override: the host or the whole item is replaced, the port stays", "[load][asked]") {
  CHECK(adapted("mysql", "hosts = localhost:3306 unix:/run/mysqld.sock\n", to_db) ==
        "hosts = db.example.org:3306 db2\n");
  CHECK(adapted("pgsql", "dbname = x\n", to_db) == "dbname = x\nhosts = db.example.org\n");
  CHECK(adapted("ldap", "server_host = ldap://localhost:389/\n", to_db) ==
        "server_host = ldap://db.example.org:389/\n");
  CHECK(adapted("pgsql", "hosts = postgresql://u@localhost/db\n", to_db) ==
        "hosts = postgresql://u@db.example.org/db\n");
  CHECK(adapted("pgsql", "hosts = postgresql:///db?host=localhost&user=u\n", to_db) ==
        "hosts = postgresql:///db?host=db.example.org&user=u\n");
}

TEST_CASE("host-override: the port of the replacement is used, and an IPv6 address gets brackets", "[load][asked]") {
  const auto with = [](const std::string& to, const std::string& item) {
    return adapted("ldap", "server_host = " + item + "\n", {.hosts = {{"localhost", to}, {"::1", to}}, .paths = {}});
  };
  CHECK(with("db:3307", "localhost:389") == "server_host = db:3307\n");
  CHECK(with("db:3307", "localhost") == "server_host = db:3307\n");
  CHECK(with("db:3307", "ldap://localhost:389/") == "server_host = ldap://db:3307/\n");
  CHECK(with("db", "ldap://[::1]:389/") == "server_host = ldap://db:389/\n");
  CHECK(with("2001:db8::1", "localhost:389") == "server_host = [2001:db8::1]:389\n");
  CHECK(with("2001:db8::1", "ldap://localhost/") == "server_host = ldap://[2001:db8::1]/\n");
  CHECK(with("[2001:db8::1]:390", "localhost:389") == "server_host = [2001:db8::1]:390\n");
  CHECK(with("db", "LocalHost:389") == "server_host = db:389\n");
  CHECK(adapted("mysql", "hosts = db.x:1\n", {.hosts = {{"db.x:2", "other"}}, .paths = {}}) == "hosts = db.x:1\n");
  CHECK(with("2001:db8::1", "localhost") == "server_host = 2001:db8::1\n");
}

TEST_CASE("path-override replaces the start of a path; other files are looked up in the mirror", "[load][asked]") {
  CHECK(adapted("sqlite", "dbpath = /var/mail.sqlite\n") == "dbpath = /mirror/var/mail.sqlite\ncopied\n");
  CHECK(adapted("sqlite", "dbpath = /home/x.sqlite\n").starts_with("no: its dbpath"));
  const TableOverrides moved{.hosts = {}, .paths = {{"/home", "/replica"}}};
  CHECK(adapted("sqlite", "dbpath = /home/a/x.sqlite\n", moved) == "dbpath = /replica/a/x.sqlite\n");
  CHECK(adapted("sqlite", "dbpath = /homes/x\n", moved).starts_with("no: its dbpath"));
  CHECK(adapted("mysql", "hosts = db.example\ntls_CAfile = /home/ca\n", moved) ==
        "hosts = db.example\ntls_CAfile = /replica/ca\n");
  CHECK(adapted("ldap", "server_host = db.example\ntls_ca_cert_file = /var/mail.sqlite\ntls_key = /elsewhere\n") ==
        "server_host = db.example\ntls_ca_cert_file = /mirror/var/mail.sqlite\ntls_key = /elsewhere\n");
}

TEST_CASE("the domain parameter names the primary's files and tables", "[load][asked]") {
  const auto domain = [](const std::string& value) {
    return adapted("mysql", "hosts = db.example\ndomain = " + value + "\n");
  };
  CHECK(domain("a.example, !b.example") == "domain = a.example !b.example\nhosts = db.example\n");
  CHECK(domain("/etc/domains, !/etc/domains") ==
        "domain = c.example hash:/etc/table e.example !d.example !c.example !hash:/etc/table !e.example d.example\n"
        "hosts = db.example\ntables of the primary\n");
  CHECK(domain("/etc/empty") == "domain = !invalid\nhosts = db.example\n");
  CHECK(domain("") == "domain = \nhosts = db.example\n");
  CHECK(domain("/etc/others").starts_with("no: its domain: \"/etc/others\" cannot be read from the mirror: "));
  CHECK(domain("/etc/brace").starts_with("no: its domain: "));
  CHECK(domain("static:all") == "domain = static:all\nhosts = db.example\n");
  for (const char* table : {"hash:/etc/domains", "mysql:/etc/domains", "!proxy:ldap:/etc/domains", "unknown:x"}) {
    CHECK(domain(table) == std::string("domain = ") + table + "\nhosts = db.example\ntables of the primary\n");
  }
}

TEST_CASE("table-parameters: each type takes the parameters that it knows", "[load][asked]") {
  const TableOverrides own{.hosts = {}, .paths = {}, .parameters = {{"user", "me"}, {"bind_dn", "cn=me"}}};
  CHECK(adapted("mysql", "hosts = db.example\nuser = them\n", own) == "hosts = db.example\nuser = me\n");
  CHECK(adapted("ldap", "server_host = ldap://db.example\nbind_dn = x\n", own) ==
        "bind_dn = cn=me\nserver_host = ldap://db.example\n");
  CHECK(adapted("sqlite", "dbpath = /var/mail.sqlite\n", own) == "dbpath = /mirror/var/mail.sqlite\ncopied\n");
}

TEST_CASE("table-parameters: an option_file of this host replaces the primary's option_file", "[load][asked]") {
  const TableOverrides own{.hosts = {}, .paths = {}, .parameters = {{"option_file", "/etc/own.cnf"}}};
  CHECK(adapted("mysql", "hosts = db.example\noption_file = /home/my.cnf\n").starts_with("no: its option_file"));
  CHECK(adapted("mysql", "hosts = db.example\noption_file = /home/my.cnf\n", own) ==
        "hosts = db.example\noption_file = /etc/own.cnf\n");
}

TEST_CASE("table-parameters: no type gets a parameter that it does not know", "[load][asked]") {
  const TableOverrides own{.hosts = {},
                           .paths = {},
                           .parameters = {{"charset", "utf8mb4"},
                                          {"encoding", "UTF8"},
                                          {"tls_CAfile", "/ca"},
                                          {"tls_ca_cert_file", "/ca"},
                                          {"hosts", "elsewhere"}}};
  CHECK(adapted("mysql", "hosts = db.example\n", own) == "charset = utf8mb4\nhosts = db.example\ntls_CAfile = /ca\n");
  CHECK(adapted("pgsql", "hosts = db.example\n", own) == "encoding = UTF8\nhosts = db.example\n");
  CHECK(adapted("ldap", "server_host = ldap://db.example\n", own) ==
        "server_host = ldap://db.example\ntls_ca_cert_file = /ca\n");
  CHECK(is_own_parameter("encoding"));
  CHECK_FALSE(is_own_parameter("pasword"));
}

TEST_CASE("table-parameters: a login that everybody may read, and unknown parameters, are reported", "[load][asked]") {
  const SettingsDirectory directory;
  directory.put("mirror/postconf", "virtual_alias_maps =\nalias_maps =\n");
  directory.put("mirror/master", "smtp inet n - y - - smtpd\n");
  directory.put("mirror/stamp", "");
  directory.put("login", "user = x\npasword = y\n");
  RelaySettings settings;
  settings.domains.value = {"example.org"};
  settings.mirror.value = (directory / "mirror").string();
  settings.table_parameters.value = (directory / "login").string();
  Backends backends;
  const auto said = [&](std::filesystem::perms mode) {
    std::filesystem::permissions(directory / "login", mode);
    return text_of(load_relay(settings, SystemFiles(), backends).diagnostics);
  };
  using std::filesystem::perms;
  const perms right = perms::owner_read | perms::owner_write | perms::group_read;
  CHECK(said(right | perms::others_read).contains("login: warning: everybody on this host can read the login in it"));
  CHECK_FALSE(said(right).contains("everybody"));
  CHECK(said(right).contains("pasword: not a parameter by which a table logs in"));
  CHECK_FALSE(said(right).contains(" user: not"));
}

#ifdef SHORTHOP_WITH_SQLITE
TEST_CASE("a live table of a mirror is the same table in each generation of the mirror", "[load][asked]") {
  const SettingsDirectory directory;
  const auto link = std::filesystem::path(directory / "mirror");
  RelaySettings settings;
  settings.domains.value = {"example.org"};
  settings.mirror.value = link.string();
  Backends backends;
  std::vector<LoadedRelay> loaded;  // the first data stays in force, so its tables stay open
  for (const std::string generation : {"1", "2"}) {
    directory.put(generation + "/postconf", "virtual_alias_maps = sqlite:/etc/v.cf\nalias_maps =\n");
    directory.put(generation + "/master", "smtp inet n - y - - smtpd\n");
    directory.put(generation + "/files/etc/v.cf", "dbpath = /var/db\nquery = SELECT 'x'\n");
    directory.put(generation + "/files/var/db", "");
    directory.put(generation + "/stamp", "");
    std::filesystem::remove(link);
    std::filesystem::create_directory_symlink(generation, link);
    loaded.push_back(load_relay(settings, SystemFiles(), backends));
    const auto answer = loaded.back().relay->primary.virtual_aliases.find("ann@example.org", no_deadline);
    REQUIRE(answer);
    CHECK((*answer)->entry.value == "x");
  }
  const auto counts = backends.live_counts();
  REQUIRE(counts.size() == 1);
  CHECK(counts.begin()->first == "sqlite:" + (link / "files/etc/v.cf").string());
}
#endif

#ifdef SHORTHOP_WITH_SQLITE
TEST_CASE("ldap_table(5), main.cf parameters: Postfix's own parameters do not belong to a table named virtual",
          "[load][asked]") {
  const SettingsDirectory directory;
  directory.put("mirror/postconf",
                "virtual_alias_maps = sqlite:virtual\nvirtual_alias_domains = x\nvirtual_transport = virtual\n"
                "virtual_dbpath = /var/db\nvirtual_query = SELECT 'x'\nalias_maps =\n");
  directory.put("mirror/master", "smtp inet n - y - - smtpd\n");
  directory.put("mirror/files/var/db", "");
  directory.put("mirror/stamp", "");
  RelaySettings settings;
  settings.domains.value = {"example.org"};
  settings.mirror.value = (directory / "mirror").string();
  Backends backends;
  const LoadedRelay loaded = load_relay(settings, SystemFiles(), backends);
  const auto answer = loaded.relay->primary.virtual_aliases.find("ann@example.org", no_deadline);
  REQUIRE(answer);
  CHECK((*answer)->entry.value == "x");
}
#endif

TEST_CASE("memcache and mongodb tables are not asked: the mirror must list them", "[load][asked]") {
  for (const char* type : {"memcache", "mongodb"}) CHECK(adapted(type, "").contains("must be listed in the mirror"));
}

TEST_CASE("pattern tables in a mirror are read, and a tcp table counts as not mirrored", "[load][asked]") {
  const SettingsDirectory directory;
  directory.put("mirror/postconf",
                "virtual_alias_maps = regexp:/etc/re, mysql:/etc/v.cf\nalias_maps = tcp:localhost:1\n");
  directory.put("mirror/master", "smtp inet n - y - - smtpd\n");
  directory.put("mirror/files/etc/re", "/^ann@/ bob@example.com\n");
  directory.put("mirror/files/etc/v.cf", "hosts = localhost\nquery = x\n");
  directory.put("mirror/stamp", "");
  RelaySettings settings;
  settings.domains.value = {"example.org"};
  settings.mirror.value = (directory / "mirror").string();
  Backends backends;
  const LoadedRelay loaded = load_relay(settings, SystemFiles(), backends);
  const auto& maps = loaded.relay->primary.virtual_aliases.tables();
  REQUIRE(maps.size() == 2);
  CHECK(maps[0]->find({"Ann@x", "ann@x"}).value()->value == "bob@example.com");
  CHECK(maps[0]->is_pattern());
  CHECK(maps[1]->find("x").error().kind == FailureKind::not_mirrored);
  CHECK(loaded.relay->primary.aliases.find("x", no_deadline).error().kind == FailureKind::not_mirrored);
  CHECK(text_of(loaded.diagnostics).contains("host-override must say"));
}

TEST_CASE("a database whose parameters are in the primary's main.cf is asked with these parameters", "[load][asked]") {
  const SettingsDirectory directory;
  directory.put("mirror/postconf",
                "mydomain = example.org\nvirtual_alias_maps = ldap:inside, ldap:outside, mysql:nowhere\nalias_maps =\n"
                "inside_server_host = localhost\ninside_query_filter = (mail=%s)\n"
                "outside_server_host = ldapi://%2Fnonexistent%2Fldap\noutside_search_base = dc=$mydomain\n"
                "outside_nonsense = $unknown\n");
  directory.put("mirror/master", "smtp inet n - y - - smtpd\n");
  directory.put("mirror/stamp", "");
  RelaySettings settings;
  settings.domains.value = {"example.org"};
  settings.mirror.value = (directory / "mirror").string();
  settings.host_overrides = {{"ldapi://%2Fnonexistent%2Fldap", "ldap://127.0.0.1:1"}};
  Backends backends;
  backends.use({{}, ""});
  const std::string said = text_of(load_relay(settings, SystemFiles(), backends).diagnostics);
  CHECK(said.contains("ldap:inside: its server_host is \"localhost\", which is the primary itself"));
  CHECK(said.contains("ldap:outside: outside_nonsense:"));
  CHECK(said.contains("mysql:nowhere: postconf has no parameters nowhere_"));
}

}  // namespace shorthop::test
