// postmap(1) as a child process: a script of that name.
#include "postfix/postfix_tables.h"

#include "support/catch.h"
#include "support/script_in_path.h"

namespace shorthop::test {
namespace {

/// The result of find() if postmap is this shell script.
std::string found(const std::string& script, const std::string& table = "hash:/etc/x") {
  const ScriptInPath postmap("postmap", script);
  const auto answer = SystemPostfixTables("/etc/postfix").find(table, "ann");
  if (!answer) return postmap.shown("failed: " + answer.error());
  return *answer ? "found: " + **answer : "absent";
}

}  // namespace

TEST_CASE("postmap(1) is asked with -c DIRECTORY -q KEY, without proxy:", "[postfix][tables]") {
  CHECK(found("echo \"$@\"\n", "proxy:hash:/etc/x") == "found: -c /etc/postfix -q ann hash:/etc/x");
}

TEST_CASE("postmap(1) exits 1 for an absent key and for an error: only an error has a message", "[postfix][tables]") {
  CHECK(found("exit 1\n") == "absent");
  CHECK(found("echo 'postmap: warning: unused parameter: x=y' >&2; exit 1\n") == "absent");
  CHECK(found("echo 'postmap: fatal: open /etc/x.db' >&2; exit 1\n") ==
        "failed: DIR/postmap ended with status 1: postmap: fatal: open /etc/x.db");
  CHECK(found("echo 'postmap: warning: a' >&2; echo 'postmap: fatal: b' >&2; exit 1\n") ==
        "failed: DIR/postmap ended with status 1: postmap: fatal: b");
  CHECK(found("exit 75\n") == "failed: DIR/postmap ended with status 75");
  CHECK(found("kill -9 $$\n") == "failed: DIR/postmap was ended by signal 9");
}

TEST_CASE("postmap -s lists the keys of a type that can be listed", "[postfix][tables]") {
  const ScriptInPath postmap("postmap", "printf 'ann\\tx\\nbob\\ty z\\n\\n'\n");
  const SystemPostfixTables tables("/etc/postfix");
  CHECK(tables.keys("hash:/etc/x") == std::vector<std::string>{"ann", "bob"});
  CHECK(tables.keys("pcre:/etc/x").error() == "a table of type pcre cannot be listed");
}

}  // namespace shorthop::test
