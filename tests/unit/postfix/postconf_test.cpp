// This host's Postfix as a child process: a script named postconf in a temporary directory, first in PATH.
#include "postfix/postconf.h"

#include "support/catch.h"
#include "support/fakes.h"
#include "support/script_in_path.h"
#include "system/child_output.h"

namespace shorthop::test {
namespace {

/// The result of SystemPostconf if postconf is this shell script.
std::string said_by(const std::string& script, ChildLimits limits = {}) {
  const ScriptInPath directory("postconf", script);
  const auto answer = SystemPostconf(limits).ask("/etc/post fix");
  if (!answer) return directory.shown(answer.error().what);
  std::string text;
  for (const auto& [name, value] : *answer) text += name + "=" + value + "\n";
  return text;
}

}  // namespace

TEST_CASE("postconf(1) is run with -c DIRECTORY -x and -P, without a shell", "[postfix][postconf]") {
  const std::string said = said_by(
      "case $3 in -x) echo mydestination = \"$#:$1:$2:$3:${MAIL_CONFIG-none}\" ;;\n"
      "-P) echo smtp/inet/smtpd_milters = unix:x ;; esac\n");
  CHECK(said == "mydestination=3:-c:/etc/post fix:-x:none\nsmtp/inet/smtpd_milters=unix:x\n");
}

TEST_CASE("master(5): an override refers to parameters of its service and of main.cf", "[postfix][postconf]") {
  CHECK(said_by("case $3 in -x) echo mydestination = a.example; echo checks = permit ;;\n"
                "-P) echo 'smtp/inet/smtpd_recipient_restrictions = $checks, $own$not_defined'\n"
                "echo 'smtp/inet/own = reject' ;; *) echo checks = permit ;; esac\n") ==
        "checks=permit\nmydestination=a.example\nsmtp/inet/own=reject\n"
        "smtp/inet/smtpd_recipient_restrictions=permit, reject\n");
}

TEST_CASE("master(5): an override also changes the parameters of main.cf that refer to its name, for that service",
          "[postfix][postconf]") {
  CHECK(said_by("case $3 in -x) echo mydestination = a.example; echo bcc = ; echo other = ; echo same = ;;\n"
                "-P) echo 'cleanup/unix/archive = regexp:/x'; echo 'smtp/inet/myhostname = b.example' ;;\n"
                "*) echo 'mydestination = $myhostname'; echo myhostname = a.example; echo 'bcc = $via $not_defined'\n"
                "echo 'via = $archive'; echo 'other = $archive'; echo 'cleanup = static:x'; echo 'archive ='\n"
                "echo 'same = ${archive?}' ;; esac\n") ==
        "bcc=\ncleanup/unix/archive=regexp:/x\ncleanup/unix/bcc=regexp:/x \ncleanup/unix/other=regexp:/x\n"
        "cleanup/unix/via=regexp:/x\nmydestination=a.example\nother=\nsame=\nsmtp/inet/myhostname=b.example\n");
}

TEST_CASE("master(5): trivial-rewrite(8) with a host name of its own has other lists of domains", "[postfix]") {
  CHECK(said_by("case $3 in -x) echo mydestination = a.example ;; -P) echo 'rewrite/unix/myhostname = b.example' ;;\n"
                "*) echo 'mydestination = $myhostname'; echo myhostname = a.example ;; esac\n") ==
        "mydestination=a.example\nrewrite/unix/mydestination=b.example\nrewrite/unix/myhostname=b.example\n");
}

TEST_CASE("postconf(1) that does not support -P: the output of -x is enough", "[postfix][postconf]") {
  CHECK(said_by("[ $3 = -x ] && echo mydestination = a.example\n") == "mydestination=a.example\n");
}

TEST_CASE("postconf(1): if -P fails, that is a failure, unless the version is too old to know -P", "[postfix]") {
  const std::string script = "[ $3 = -x ] || exit 1; echo mydestination = a.example; echo mail_version = ";
  CHECK(said_by(script + "3.7.11\n") == "DIR/postconf ended with status 1");
  CHECK(said_by(script + "2.10.1\n") == "mail_version=2.10.1\nmydestination=a.example\n");
}

TEST_CASE("postconf(1): warnings on standard error do not hide the answer", "[postfix][postconf]") {
  CHECK(said_by("echo 'postconf: warning: unknown parameter' >&2; echo 'mydestination = a.example'\n") ==
        "mydestination=a.example\n");
}

TEST_CASE("postconf(1) that fails: its status and first message are reported", "[postfix][postconf]") {
  CHECK(said_by("echo; echo 'postconf: fatal: open main.cf' >&2; echo more >&2; exit 1\n") ==
        "DIR/postconf ended with status 1: postconf: fatal: open main.cf");
  CHECK(said_by("exit 3\n") == "DIR/postconf ended with status 3");
  CHECK(said_by("kill -9 $$\n") == "DIR/postconf was ended by signal 9");
  CHECK(said_by("echo hello\n") == "DIR/postconf does not print mydestination");
  CHECK(said_by("printf 'bad \\377\\n' >&2; exit 1\n") == "DIR/postconf ended with status 1: bad \\xff");
}

TEST_CASE("postconf(1) that hangs is killed with its children, even when it has closed its output",
          "[postfix][postconf]") {
  const ChildLimits limits{std::chrono::milliseconds(200), 1000};
  const auto start = std::chrono::steady_clock::now();
  CHECK(said_by("sleep 60\n", limits) == "DIR/postconf did not end within 200 ms");
  CHECK(said_by("exec >&- 2>&-; sleep 60\n", limits) == "DIR/postconf did not end within 200 ms");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("postconf(1) with endless output is stopped", "[postfix][postconf]") {
  CHECK(said_by("while :; do echo 'mydestination = a.example'; done\n", {std::chrono::seconds(10), 1000}) ==
        "DIR/postconf printed more than 1000 bytes");
}

TEST_CASE("a program that does not exist, or cannot be executed", "[postfix][postconf]") {
  CHECK(find_program("there-is-no-such-program").empty());
  CHECK(find_program("sh").ends_with("/sh"));
  const auto answer = child_output("/nonexistent/program", {});
  REQUIRE(!answer);
  CHECK(answer.error().what.starts_with("/nonexistent/program cannot be started: "));
}

}  // namespace shorthop::test
