// The table files of mysql: and pgsql:, without a server. tests/live asks real servers.
#include "support/settings_directory.h"
#include "support/table_texts.h"
#include "tables/types/backends.h"

#if defined(SHORTHOP_WITH_MYSQL) && defined(SHORTHOP_WITH_PGSQL)

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* by_address = "query = SELECT goto FROM alias WHERE address='%s'\n";
/// No server listens there.
constexpr const char* nobody = "hosts = 127.0.0.1:1\ndbname = mail\n";

/// A table file on a host without Postfix.
class SqlTableFile {
 public:
  SqlTableFile(const std::string& type, const std::string& text) {
    directory_.put("table.cf", text);
    backends_.use({{.cache_ttl = 0ms, .max_wait = 5s}, ""});
    table_ = open_table(type + ":" + (directory_ / "table.cf").string(), SystemFiles(), backends_, problems_);
  }
  /// The first problem; "" if the table was opened without one.
  std::string problem() const { return problems_.empty() ? "" : directory_.shown(problems_.front().text()); }
  std::string find(std::string_view key) const {
    const Lookup found = table_->find(key);
    return found ? (*found ? (*found)->value : "absent") : found.error().text();
  }

 private:
  SettingsDirectory directory_;
  Backends backends_;
  Diagnostics problems_;
  std::shared_ptr<const Table> table_;
};

}  // namespace

TEST_CASE("mysql_table(5), pgsql_table(5): the parameters of a table file", "[tables][sql]") {
  for (const char* type : {"mysql", "pgsql"}) {
    const auto problem_of = [&](const std::string& text) { return SqlTableFile(type, text).problem(); };
    CHECK(problem_of(std::string(nobody) + by_address).empty());
    CHECK(problem_of(nobody).contains("there is no query"));
    CHECK(problem_of(by_address).contains("there is no dbname"));
    CHECK(problem_of(std::string(nobody) + "table = a\nselect_field = b\nwhere_field = c\n").empty());
    CHECK(problem_of(std::string(nobody) + by_address + "debuglevel = 9\n").empty());
    CHECK(problem_of(std::string(nobody) + by_address + "result_format =\n").contains("result_format is empty"));
    CHECK(problem_of(std::string(nobody) + by_address + "expansion_limit = x\n").contains("expansion_limit: "));
    CHECK(
        problem_of(std::string(nobody) + by_address + "expansion_limit = 3000000000\n").contains("expansion_limit: "));
    for (const char* limit : {"+1", "-1", "007"}) {
      CHECK(problem_of(std::string(nobody) + by_address + "expansion_limit = " + limit + "\n").empty());
    }
    CHECK(problem_of(std::string(nobody) + by_address + "idle_interval = 1m\n").contains("idle_interval: "));
    CHECK(problem_of(std::string(nobody) + "query = %x\n").contains("query: "));
    CHECK(problem_of("hosts = db:mail\ndbname = x\n" + std::string(by_address)).contains("hosts: "));
    CHECK(problem_of("dbname = x\nno equals sign\n").contains(":2: error: expected name = value"));
  }
  CHECK(SqlTableFile("pgsql", std::string(nobody) + "select_function = f\n").problem().empty());
  CHECK(SqlTableFile("mysql", std::string(nobody) + by_address + "require_result_set = maybe\n")
            .problem()
            .contains("is not yes or no"));
  for (const char* word : {"true", "1", ""}) {
    const std::string verified = std::string("tls_verify_cert = ") + word + "\n";
    CHECK(SqlTableFile("mysql", nobody + verified + by_address).problem().contains("tls_verify_cert: "));
  }
  CHECK(SqlTableFile("mysql", std::string(nobody) + "tls_verify_cert = YES\n" + by_address).problem().empty());
  CHECK(SqlTableFile("mysql", "hosts = unix:\ndbname = x\n" + std::string(by_address)).problem().contains("no path"));
  CHECK(SqlTableFile("pgsql", "hosts = postgresql://u:p@db/x\n" + std::string(by_address)).problem().empty());
}

TEST_CASE("mysql: an option file that would load code or further files is refused", "[tables][sql]") {
  const SettingsDirectory directory;
  const auto problem_of = [&](const std::string& options) {
    directory.put("my.cnf", options);
    const std::string file = "option_file = " + (directory / "my.cnf").string() + "\n";
    return SqlTableFile("mysql", nobody + file + by_address).problem();
  };
  for (const char* line :
       {"plugin-dir=/tmp\n", " plugin_dir = /tmp\n", "PLUGIN-DIR=x", "!include /etc/x\n", "!includedir /etc/x\n"}) {
    INFO(line);
    CHECK(problem_of(std::string("[client]\n") + line).contains("option_file: "));
  }
  CHECK(problem_of("[client]\nuser=x\n# plugin-dir\n").empty());
}

TEST_CASE("sql: a table file with an unknown parameter is left to postmap(1)", "[tables][sql]") {
  for (const char* type : {"mysql", "pgsql"}) {
    for (const char* parameter : {"select_functions = f\n", "unknown = yes\n"}) {
      CHECK(SqlTableFile(type, std::string(nobody) + by_address + parameter).problem().contains("postmap"));
    }
  }
  CHECK(SqlTableFile("pgsql", std::string(nobody) + by_address + "require_result_set = no\n")
            .problem()
            .contains("postmap"));
  CHECK(SqlTableFile("mysql", std::string(nobody) + "select_function = f\n").problem().contains("there is no query"));
}

TEST_CASE("sql: without a server a look-up fails, and the error names the server; some keys need no server",
          "[tables][sql]") {
  for (const char* type : {"mysql", "pgsql"}) {
    const std::string file = std::string(nobody) + "domain = example.org\nquery = SELECT a FROM b WHERE c='%u'\n";
    const SqlTableFile table(type, file);
    CHECK(table.find("ann@example.org").contains("127.0.0.1:1: "));
    for (const char* key : {"ann@example.net", "ann", "@example.org", "\xff@example.org"}) {
      CHECK(table.find(key) == "absent");
    }
    CHECK(table.find(std::string_view("ann\0@example.org", 16)).contains("NUL"));
  }
}

TEST_CASE("pgsql: no password of a URI is shown", "[tables][sql]") {
  const std::string uri = "postgresql://ann:secret@127.0.0.1:1/mail?password=secret&sslmode=disable";
  const SqlTableFile table("pgsql", "hosts = " + uri + "\n" + by_address);
  CHECK(table.find("ann@example.org").contains("postgresql://127.0.0.1:1/mail: "));
  CHECK_FALSE(table.find("bob@example.org").contains("secret"));
  // libpq's message about this URI has the part of the password around the '%'.
  const SqlTableFile refused("pgsql",
                             "hosts = postgresql://ann:secret%PW@127.0.0.1:1/mail\n" + std::string(by_address));
  CHECK(refused.problem().contains("hosts: \"postgresql://127.0.0.1:1/mail\": it is not a valid URI"));
  CHECK_FALSE(refused.problem().contains("secret"));
}

}  // namespace shorthop::test

#endif
