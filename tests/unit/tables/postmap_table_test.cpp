// Tables that are looked up with this host's postmap(1). In this test, postmap is a script.
#include <unistd.h>

#include <array>
#include <chrono>

#include "support/script_in_path.h"
#include "support/table_texts.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

/// postmap and postconf of the test, and a table opened with them.
class Postmap {
 public:
  explicit Postmap(const std::string& script, std::string_view name = "tcp:localhost:1", OpenOptions options = {})
      : postconf_("postconf",
                  "case $* in *queue_directory) echo /usr;; *) printf 'tcp\\nnis\\nunionmap\\npipemap\\nrandmap\\n';; "
                  "esac\n"),
        postmap_("postmap", script) {
    LiveLimits limits;
    limits.max_wait = 300ms;
    backends_.use({limits, "/etc/postfix"});
    table_ = open_table(name, files_, backends_, problems_, std::move(options));
  }

  std::string said() const { return problems_.empty() ? "" : problems_.front().text(); }
  const Table& table() const { return *table_; }
  std::string find(const LookupKey& key) const {
    const Lookup answer = table_->find(key);
    if (!answer) return answer.error().text();
    return *answer ? "<" + (*answer)->value + ">" : "absent";
  }

 private:
  ScriptInPath postconf_;
  ScriptInPath postmap_;
  MapFiles files_;
  Backends backends_;
  Diagnostics problems_;
  std::shared_ptr<const Table> table_;
};

}  // namespace

TEST_CASE("postmap(1): the key goes through standard input, and what follows the tab is the value",
          "[tables][postmap]") {
  const Postmap postmap("read -r key; printf '%s\\tvalue, %s\\nsecond line\\n' \"$key\" \"$*\"\n");
  CHECK(postmap.find("ann@example.org") == "<value, -c /etc/postfix -q - tcp:localhost:1\nsecond line>");
  CHECK(postmap.find("$(id); `id` '\"") == "<value, -c /etc/postfix -q - tcp:localhost:1\nsecond line>");
}

TEST_CASE("postmap(1): exit status 1 is absent, unless standard error has an error", "[tables][postmap]") {
  const auto answer = [](const std::string& script) { return Postmap(script).find("ann"); };
  CHECK(answer("exit 1\n") == "absent");
  CHECK(answer("echo 'postmap: warning: inet_protocols: disabling IPv6' >&2; exit 1\n") == "absent");
  CHECK(answer("echo 'postmap: fatal: table tcp:x: query error: no' >&2; exit 1\n") ==
        "tcp:localhost:1: postmap: postmap: fatal: table tcp:x: query error: no");
  CHECK(answer("echo 'postmap: warning: dict_nis: NIS lookups disabled' >&2; exit 1\n").contains("disabled"));
  CHECK(answer("exit 75\n").starts_with("tcp:localhost:1: postmap:"));
  CHECK(answer("echo 'postmap: error: half' >&2; printf 'ann\\tx\\n'\n").contains("half"));
  CHECK(answer("printf 'bob\\tx\\n'\n").contains("something other than"));
  CHECK(answer("kill -9 $$\n").contains("signal 9"));
}

TEST_CASE("DATABASE_README randmap: two look-ups of a key may differ, so that neither is an answer",
          "[tables][postmap]") {
  const auto answer = [](const char* name) {
    return Postmap("read -r key; printf '%s\\tone\\n' \"$key\"\n", name).find("ann");
  };
  for (const char* name :
       {"randmap:{one, two}", "pipemap:{static:x,randmap:{one,two}}", "unionmap:{randmap:{one,two}}"}) {
    CHECK(answer(name) == std::string(name) + ": it gives a random answer");
  }
  CHECK(answer("randmap:{one}") == "<one>");
  CHECK(answer("pipemap:{static:x,static:one}") == "<one>");
}

TEST_CASE("postmap(1) runs in queue_directory: a relative name of a socket means the same as to Postfix",
          "[tables][postmap]") {
  CHECK(Postmap("read -r key; printf '%s\\t%s\\n' \"$key\" \"$(pwd)\"\n").find("ann") == "</usr>");
}

TEST_CASE("postmap(1) asks the members of a union themselves, and not proxymap(8)", "[tables][postmap]") {
  const std::string shows_name = "read -r key; shift 4; printf '%s\\t%s\\n' \"$key\" \"$*\"\n";
  CHECK(
      Postmap(shows_name, "unionmap:{proxy:nis:a, inline:{ {x = proxy:y} } proxy:pipemap:{proxy:nis:b}}").find("ann") ==
      "<unionmap:{ nis:a, inline:{ {x = proxy:y} }, pipemap:{ nis:b } }>");
  CHECK(Postmap(shows_name).find("ann") == "<tcp:localhost:1>");
}

TEST_CASE("util/dict_nis.c: without a NIS domain, tables that this host's own Postfix names are empty",
          "[tables][postmap]") {
  std::array<char, 256> domain{};
  const bool has_domain = ::getdomainname(domain.data(), domain.size() - 1) == 0 && domain.front() != '\0' &&
                          std::string_view(domain.data()) != "(none)";
  if (has_domain) return;
  const std::string refuse = "echo 'postmap: warning: dict_nis_init: NIS lookups disabled' >&2; exit 1\n";
  CHECK(Postmap(refuse, "nis:mail.aliases", {.is_of_this_host = true}).find("ann") == "absent");
  CHECK(Postmap(refuse, "nis:mail.aliases").find("ann").contains("disabled"));
  CHECK(Postmap(refuse, "tcp:localhost:1", {.is_of_this_host = true}).find("ann").contains("disabled"));
}

TEST_CASE("postmap(1): a warning about a line that Postfix skips is not a failed look-up", "[tables][postmap]") {
  const auto warned = [](const std::string& warning, const std::string& then) {
    return Postmap("echo 'postmap: warning: " + warning + "' >&2; " + then).find("ann");
  };
  constexpr const char* twice = "/etc/postfix/main.cf, line 7: overriding earlier entry: smtpd_error_sleep_time=1s";
  CHECK(warned(twice, "printf 'ann\\tx\\n'\n") == "<x>");
  CHECK(warned("an error that does not matter", "printf 'ann\\tx\\n'\n") == "<x>");
  CHECK(warned(twice, "exit 1\n") == "absent");
  CHECK(warned("/etc/postfix/v, line 2: duplicate entry: \"error@x\"", "exit 1\n") == "absent");
  CHECK(warned("/etc/postfix/v, line 2: read error", "exit 1\n").contains("read error"));
  CHECK(warned("lookup /x, line 1: duplicate entry: NIS error", "exit 1\n").contains("NIS error"));
}

TEST_CASE("lookup-timeout: a hanging postmap is killed with its children", "[tables][postmap]") {
  const Postmap postmap("sleep 60\n");
  const auto begun = std::chrono::steady_clock::now();
  const Lookup answer = postmap.table().find("ann");
  CHECK(std::chrono::steady_clock::now() - begun < 2s);
  CHECK(answer.error().kind == FailureKind::timeout);
  CHECK(postmap.find("bob").contains("it is not asked for some seconds"));
}

TEST_CASE("a key with a line end or a NUL is not given to postmap", "[tables][postmap]") {
  const Postmap postmap("read -r key; printf '%s\\tx\\n' \"$key\"\n");
  CHECK(postmap.find("ann\nbob").contains("cannot be looked up"));
  CHECK(postmap.find(std::string_view("ann\0", 4)).contains("cannot be looked up"));
}

TEST_CASE("DESIGN 3: pattern tables get the key as written; a composed table has the kind of its first member",
          "[tables][postmap]") {
  const std::string echo = "read -r key; printf '%s\\t%s\\n' \"$key\" \"$key\"\n";
  CHECK(Postmap(echo).find({"Ann", "ann"}) == "<Ann>");
  CHECK(Postmap(echo, "nis:mail.aliases").find({"Ann", "ann"}) == "<ann>");
  CHECK(Postmap(echo, "unionmap:{tcp:a:1, nis:b}").table().is_pattern());
  CHECK_FALSE(Postmap(echo, "pipemap:{nis:b, tcp:a:1}").table().is_pattern());
}

TEST_CASE("the error for a type that this host's Postfix lacks names the package to install", "[tables][postmap]") {
  CHECK(Postmap("", "mongodb:/etc/postfix/x.cf").said() ==
        "mongodb:/etc/postfix/x.cf: error: this host's Postfix has no tables of type mongodb (fix: install the package "
        "postfix-mongodb; `postconf -m` prints the types)");
}

}  // namespace shorthop::test
