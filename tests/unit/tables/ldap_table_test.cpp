// ldap: tables on a directory in memory. tests/live compares them with postmap -q on a real server.
#include "tables/types/ldap/ldap_table.h"

#include <atomic>
#include <chrono>
#include <map>

#include "support/settings_directory.h"
#include "support/table_texts.h"
#include "support/unix_sockets.h"
#include "tables/types/backends.h"
#include "tables/types/ldap/ldap_connections.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

/// The result of each search; its key is "BASE SCOPE FILTER".
using Tree = std::map<std::string, LdapEntries>;
using Entries = std::vector<LdapEntry>;

std::string name_of(const LdapSearch& search) {
  constexpr const char* scopes[] = {"base", "one", "sub"};
  return search.base + ' ' + scopes[static_cast<int>(search.scope)] + ' ' + search.filter.value_or("all");
}

/// The requests that a client got, and the failures that it returns.
struct Seen {
  std::vector<std::string> searches;
  int logins = 0;
  int lost = 0;  ///< how many of the next searches find the connection closed
  std::optional<LdapFailure> no_login;
  LdapLogin login;
};

class MemoryConnection final : public LdapConnection {
 public:
  MemoryConnection(const Tree& tree, Seen& seen) : tree_(tree), seen_(seen) {}
  LdapEntries search(const LdapSearch& search, Deadline) override {
    if (seen_.lost > 0) {
      --seen_.lost;
      return std::unexpected(LdapFailure{LdapFailure::Kind::disconnected, "the connection was closed"});
    }
    seen_.searches.push_back(name_of(search));
    const auto found = tree_.find(seen_.searches.back());
    return found == tree_.end() ? LdapEntries() : found->second;
  }

 private:
  const Tree& tree_;
  Seen& seen_;
};

/// URLs are "ldapi://PATH", and "ldap:///BASE?ATTRIBUTE" in values.
class MemoryClient final : public LdapClient {
 public:
  MemoryClient(Tree tree, Seen& seen) : tree_(std::move(tree)), seen_(seen) {}

  std::expected<std::optional<LdapUrl>, std::string> url_of(const std::string& text) const override {
    LdapUrl url;
    if (text.starts_with("ldapi://")) {
      url.scheme = "ldapi";
      url.host = text.substr(8);
      return url;
    }
    if (!text.starts_with("ldap:///")) return std::nullopt;
    const std::size_t mark = text.find('?');
    if (mark == text.npos) return std::unexpected("it has no '?'");
    url.search = {text.substr(8, mark - 8), LdapScope::sub, std::nullopt, {}, 0};
    if (mark + 1 < text.size()) url.search.attributes = {text.substr(mark + 1)};
    return url;
  }
  std::expected<std::unique_ptr<LdapConnection>, LdapFailure> log_in(Descriptor, const std::string&,
                                                                     const LdapLogin& login, Deadline) const override {
    ++seen_.logins;
    seen_.login = login;
    if (seen_.no_login) return std::unexpected(*seen_.no_login);
    return std::make_unique<MemoryConnection>(tree_, seen_);
  }

 private:
  Tree tree_;
  Seen& seen_;
};

/// A table file on a directory in memory, whose server is a socket that accepts connections.
class Ldap {
 public:
  explicit Ldap(const std::string& parameters, Tree tree = {})
      : client_(std::move(tree), seen), listener_(socket(), 100) {
    backends_.use({{.cache_ttl = 0ms, .max_wait = 2s, .failures_in_a_row = 100}, ""});
    open(parameters);
  }

  void open(const std::string& parameters) {
    text_ = "server_host = ldapi://" + socket() + "\nsearch_base = dc=x\n" + parameters;
    problems_.clear();
    table_ = open_ldap_with(client_, {.table = {"ldap", "/t.cf"},
                                      .file = "/t.cf",
                                      .changed = {},
                                      .text_format = TextFormat::virtual5,
                                      .files = files_,
                                      .backends = backends_,
                                      .problems = problems_,
                                      .options = {.instead_of_file = text_}});
  }

  Lookup answer(std::string_view key) const { return table_->find(key); }
  std::string find(std::string_view key) const {
    if (!table_) return "no table: " + problem();
    const Lookup found = answer(key);
    if (!found) return "failed: " + found.error().text();
    return *found ? (*found)->value : "absent";
  }
  std::string problem() const { return problems_.empty() ? "" : directory_.shown(problems_.front().text()); }
  bool is_open() const { return table_ != nullptr; }
  std::string socket() const { return directory_ / "socket"; }

  Seen seen;

 private:
  SettingsDirectory directory_;
  MapFiles files_;
  MemoryClient client_;
  Listener listener_;
  Backends backends_;
  Diagnostics problems_;
  std::string text_;
  std::shared_ptr<const Table> table_;
};

LdapEntry mails(std::vector<std::string> values) { return {{"mail", std::move(values)}}; }

constexpr const char* by_mail = "query_filter = (mail=%s)\nresult_attribute = mail\n";

std::unexpected<LdapFailure> failure(LdapFailure::Kind kind) { return std::unexpected(LdapFailure{kind, "it failed"}); }

}  // namespace

TEST_CASE("ldap_table(5): values of all entries and attributes are joined in the server's order", "[tables][ldap]") {
  const Ldap table(
      "query_filter = (mail=%s)\nresult_attribute = mail, maildrop\n",
      {{"dc=x sub (mail=ann@x)", Entries{{{"MailDrop", {"a", "b"}}, {"cn", {"Ann"}}, {"mail;lang-en", {"c"}}},
                                         {{"mail", {""}}, {"maildrop", {"d,e"}}}}}});
  CHECK(table.find("ann@x") == "a,b,c,d,e");
  CHECK(table.find("bob@x") == "absent");
  CHECK(table.seen.searches.size() == 2);
}

TEST_CASE("ldap_table(5): search_base, scope, filter and result_format; a key without a needed part is not looked up",
          "[tables][ldap]") {
  Ldap table(
      "search_base = ou=%d,dc=x\nscope = one\nquery_filter = (uid=%u)\nresult_attribute = mail\n"
      "result_format = %s!%U\n",
      {{"ou=a\\2cb,dc=x one (uid=\\2a)", Entries{mails({"z"})}}});
  CHECK(table.find("*@a,b") == "z!*");
  CHECK(table.find("@a") == "absent");
  CHECK(table.find("ann") == "absent");
  CHECK(table.find("\xff@a") == "absent");
  CHECK(table.seen.searches.size() == 1);
  CHECK(table.find(std::string_view("a\0b@x", 5)).contains("NUL"));
  table.open("domain = y\n" + std::string(by_mail));
  CHECK(table.find("ann@x") == "absent");
  CHECK(table.seen.searches.size() == 1);
}

TEST_CASE("ldap: a missing base means absent if the base depends on the key, otherwise a failure", "[tables][ldap]") {
  const auto missing = failure(LdapFailure::Kind::no_such_object);
  CHECK(Ldap(by_mail, {{"dc=x sub (mail=a@x)", missing}}).find("a@x").contains("search_base dc=x: it failed"));
  const std::string dynamic = std::string("search_base = ou=%d\n") + by_mail;
  CHECK(Ldap(dynamic, {{"ou=x sub (mail=a@x)", missing}}).find("a@x") == "absent");
}

TEST_CASE("ldap_table(5): special attributes lead to further entries, leaf attributes count at the end only",
          "[tables][ldap]") {
  const std::string group =
      "query_filter = (mail=%s)\nresult_attribute = maildrop\nleaf_result_attribute = mail\n"
      "special_result_attribute = member, memberURL\n";
  const Tree tree = {
      {"dc=x sub (mail=all@x)", Entries{{{"mail", {"all@x"}},
                                         {"member", {"cn=a", "cn=gone"}},
                                         {"memberURL", {"ldap:///ou=b?mail"}},
                                         {"maildrop", {"archive@x"}}}}},
      {"cn=a base objectclass=*", Entries{mails({"ann@x"})}},
      {"cn=gone base objectclass=*", failure(LdapFailure::Kind::no_such_object)},
      {"ou=b sub all", Entries{mails({"bob@x"}), mails({"carl@x"})}},
  };
  CHECK(Ldap(group, tree).find("all@x") == "ann@x,bob@x,carl@x,archive@x");
  CHECK(Ldap(group + "recursion_limit = 1\n", tree).find("all@x").contains("recursion_limit"));
  CHECK(Ldap(group + "expansion_limit = 3\n", tree).find("all@x").contains("expansion_limit"));
  CHECK(Ldap(group + "size_limit = 1\n", tree).find("all@x").contains("size_limit"));
  CHECK(Ldap(group + "terminal_result_attribute = maildrop\n", tree).find("all@x") == "archive@x");
}

TEST_CASE("ldap: a group that contains itself, and values that cannot be followed, fail", "[tables][ldap]") {
  const std::string group = "query_filter = (mail=%s)\nresult_attribute = mail\nspecial_result_attribute = member\n";
  const auto found = [&](const std::string& member) {
    return Ldap(group, {{"dc=x sub (mail=a@x)", Entries{{{"member", {member}}}}},
                        {"cn=a base objectclass=*", Entries{{{"member", {"cn=b"}}}}},
                        {"cn=b base objectclass=*", Entries{{{"member", {"cn=a"}}}}},
                        {"cn=c base objectclass=*", failure(LdapFailure::Kind::timed_out)}})
        .answer("a@x");
  };
  CHECK(found("cn=a").error().text() == "ldap:/t.cf: \"cn=a\" leads back to itself");
  CHECK(found("cn=a").error().kind == FailureKind::bad_data);
  CHECK(found("cn=c").error().kind == FailureKind::timeout);
  CHECK(found("ldap:///x").error().text().contains("it has no '?'"));
  CHECK_FALSE(found("ldap:///x?cn").value().has_value());
  CHECK(found(std::string("cn=a\0", 5)).error().text().contains("NUL"));
}

TEST_CASE("ldap: a failure says whether only this key is concerned", "[tables][ldap]") {
  const auto kind = [](LdapFailure::Kind given) {
    return Ldap(by_mail, {{"dc=x sub (mail=a@x)", failure(given)}}).answer("a@x").error().kind;
  };
  CHECK(kind(LdapFailure::Kind::rejected) == FailureKind::bad_data);
  CHECK(kind(LdapFailure::Kind::timed_out) == FailureKind::timeout);
  CHECK(kind(LdapFailure::Kind::disconnected) == FailureKind::unavailable);
  CHECK(kind(LdapFailure::Kind::failed) == FailureKind::unavailable);
  CHECK(Ldap(by_mail, {{"dc=x sub (mail=a@x)", Entries{mails({"\xe9"})}}}).find("a@x").contains("not UTF-8"));
  const std::string long_value(600'000, 'x');
  CHECK(Ldap(by_mail, {{"dc=x sub (mail=a@x)", Entries{mails({long_value, long_value})}}})
            .find("a@x")
            .contains("too long"));
}

TEST_CASE("ldap: a connection is kept, and is made again once if the server has closed it", "[tables][ldap]") {
  Ldap table(by_mail, {{"dc=x sub (mail=a@x)", Entries{mails({"b"})}}});
  CHECK(table.find("a@x") == "b");
  CHECK(table.find("a@x") == "b");
  CHECK(table.seen.logins == 1);
  table.seen.lost = 1;
  CHECK(table.find("a@x") == "b");
  CHECK(table.seen.logins == 2);
  table.seen.lost = 2;
  CHECK(table.find("a@x").contains("the connection was closed"));
  table.open(by_mail);  // a reload: the same servers and login
  const int before = table.seen.logins;
  CHECK(table.find("a@x") == "b");
  CHECK(table.find("a@x") == "b");
  CHECK(table.seen.logins == before + 1);
  table.open(std::string(by_mail) + "bind_pw = other\n");
  CHECK(table.find("a@x") == "b");
  CHECK(table.seen.logins == before + 2);
}

TEST_CASE("ldap: a connection that nobody has used for a minute is closed", "[tables][ldap]") {
  const SettingsDirectory directory;
  const std::string path = directory / "socket";
  const Listener listener(path);
  Seen seen;
  const MemoryClient client({}, seen);
  LdapConnections connections(client, {{Endpoint::unix_socket(path), "ldapi://" + path}}, {});
  const auto now = std::chrono::steady_clock::now();
  const auto ask = [&] { return connections.ask([](LdapConnection&, Deadline) { return "x"; }, now + 2s); };
  CHECK(ask() == "x");
  connections.close_idle(now + 30s);
  CHECK(ask() == "x");
  CHECK(seen.logins == 1);
  connections.close_idle(now + 120s);
  CHECK(ask() == "x");
  CHECK(seen.logins == 2);
}

TEST_CASE("ldap: a server that hangs does not take the time of the next one, also on a connection that was kept",
          "[tables][ldap]") {
  const SettingsDirectory directory;
  const std::string path = directory / "socket";
  const Listener listener(path);
  Seen seen;
  const MemoryClient client({}, seen);
  const LdapServer server{Endpoint::unix_socket(path), "ldapi://" + path};
  LdapConnections connections(client, {server, server}, {});
  bool is_first_hung = false;
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = [&](LdapConnection&, Deadline last) -> LdapConnections::Answer {
    if (!std::exchange(is_first_hung, false)) return "x";
    CHECK(last < begun + 6s);  // the first server gets half of the time
    return std::unexpected(LdapFailure{LdapFailure::Kind::timed_out, "it hangs"});
  };
  CHECK(connections.ask(answer, begun + 10s) == "x");
  is_first_hung = true;
  CHECK(connections.ask(answer, begun + 10s) == "x");
  CHECK(seen.logins == 2);
  CHECK(connections.ask(answer, begun + 10s) == "x");  // from now on the second server is asked first
  CHECK(seen.logins == 2);
}

TEST_CASE("ldap: a search that is not valid is not sent to the next server", "[tables][ldap]") {
  const SettingsDirectory directory;
  const std::string path = directory / "socket";
  const Listener listener(path);
  Seen seen;
  const MemoryClient client({}, seen);
  const LdapServer server{Endpoint::unix_socket(path), "ldapi://" + path};
  LdapConnections connections(client, {server, server}, {});
  for (const auto kind : {LdapFailure::Kind::rejected, LdapFailure::Kind::no_such_object}) {
    int asked = 0;
    const auto answer = [&](LdapConnection&, Deadline) -> LdapConnections::Answer {
      ++asked;
      return std::unexpected(LdapFailure{kind, "it is wrong"});
    };
    CHECK_FALSE(connections.ask(answer, no_deadline));
    CHECK(asked == 1);
  }
}

TEST_CASE("ldap: the first server that accepts the login is asked", "[tables][ldap]") {
  Ldap table(by_mail, {{"dc=x sub (mail=a@x)", Entries{mails({"b"})}}});
  table.open("server_host = ldapi:///nonexistent ldapi://" + table.socket() + "\n" + by_mail);
  CHECK(table.find("a@x") == "b");
  table.seen.no_login = LdapFailure{LdapFailure::Kind::failed, "bind: Invalid credentials"};
  table.open("bind_pw = wrong\nserver_host = ldapi://" + table.socket() + "\n" + by_mail);
  CHECK(table.find("a@x").contains("bind: Invalid credentials"));
}

TEST_CASE("ldap_table(5): a table logs in with the name, password and TLS settings of its file", "[tables][ldap]") {
  Ldap table(std::string("bind_dn = cn=mail\nbind_pw = s p\nstart_tls = yes\ntls_require_cert = yes\nversion = 2\n"
                         "tls_ca_cert_file = /ca\ndereference = 9\ndebuglevel = 0\n") +
             by_mail);
  CHECK(table.problem().empty());
  CHECK(table.find("a@x") == "absent");
  CHECK(table.seen.login.bind_dn == "cn=mail");
  CHECK(table.seen.login.bind_password == "s p");
  CHECK(table.seen.login.version == 3);
  CHECK(table.seen.login.requires_certificate);
  CHECK(table.seen.login.tls_ca_cert_file == "/ca");
  CHECK(table.seen.login.dereference == 0);
  table.open(std::string("bind = none\ntls_require_cert = demand\n") + by_mail);
  CHECK(table.find("a@x") == "absent");
  CHECK_FALSE(table.seen.login.has_bind);
  CHECK(table.seen.login.requires_certificate);
}

TEST_CASE("ldap: an empty result_format counts as not set", "[tables][ldap]") {
  const Tree tree = {{"dc=x sub (mail=a@x)", Entries{mails({"b"})}}};
  CHECK(Ldap(std::string("result_format =\n") + by_mail, tree).find("a@x") == "b");
  CHECK(Ldap(std::string("result_format =\nresult_filter = OK\n") + by_mail, tree).find("a@x") == "OK");
  CHECK(Ldap(std::string("result_format = <%s>\nresult_filter =\n") + by_mail, tree).find("a@x") == "<b>");
  CHECK(Ldap(std::string("result_filter =\n") + by_mail, tree).problem().contains("result_filter is empty"));
}

TEST_CASE("ldap: errors in a table file, and notes about parameters that are ignored", "[tables][ldap]") {
  const auto problem_of = [](const std::string& parameters) { return Ldap(parameters + by_mail).problem(); };
  CHECK(problem_of("bind = maybe\n") == "/t.cf: error: bind: \"maybe\" is not known");
  CHECK(problem_of("start_tls = maybe\n").contains("start_tls: \"maybe\" is not yes or no"));
  CHECK(problem_of("timeout = 0\n").contains("timeout: \"0\" is not a number of at least 1"));
  CHECK(problem_of("expansion_limit = 1x\n").contains("is not a number"));
  CHECK(problem_of("timeout = +5\n").empty());
  CHECK(problem_of("server_host = ,\n").contains("server_host is empty"));
  CHECK(problem_of("server_host = ldap:///x\n").contains("server_host: \"ldap:///x\": it has no '?'"));
  CHECK(problem_of("result_format = %x\n").contains("unknown letter after '%'"));
  CHECK(problem_of("nonsense\n") == "/t.cf:3: error: expected name = value");
  CHECK(problem_of("debuglevel = 2\n") == "/t.cf: note: debuglevel is ignored");
  CHECK(problem_of("search_filter = (mail=%s)\n") ==
        "/t.cf: note: search_filter is ignored: Postfix has no such parameter");
}

TEST_CASE("ldap: a table that only postmap can ask is left to postmap", "[tables][ldap]") {
  for (const char* parameter : {"bind = sasl\n", "chase_referrals = yes\n", "new_parameter = 1\n"}) {
    const Ldap table(std::string(parameter) + by_mail);
    CHECK_FALSE(table.is_open());  // postmap cannot be run: the test names no Postfix
    CHECK(table.problem().contains("looked up by this host's postmap"));
  }
}

}  // namespace shorthop::test
