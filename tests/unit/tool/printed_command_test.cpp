// Commands in messages: they repeat the options of the invocation.
#include "tool/printed_command.h"

#include "support/catch.h"
#include "tool/command_line.h"

using namespace shorthop::tool;

namespace {

std::string printed(const std::vector<std::string>& words, std::string_view printed_words) {
  return command(parse_command_line(words).value().invocation, printed_words);
}

}  // namespace

TEST_CASE("a printed command repeats --config and the options that its result depends on", "[tool][command]") {
  CHECK(printed({"setup"}, "setup --apply") == "shorthop setup --apply");
  CHECK(printed({"setup", "--dry-run", "--primary-is", "postfixadmin"}, "setup --apply") ==
        "shorthop setup --apply --primary-is postfixadmin");
  CHECK(printed({"setup", "--no-dns", "--postfix-config=/etc/postfix-mx"}, "setup --apply") ==
        "shorthop setup --apply --no-dns --postfix-config /etc/postfix-mx");
  CHECK(printed({"--config", "/p/x y.conf", "pair", "mail.example.org"}, "pair --host-key K mail.example.org") ==
        "shorthop --config '/p/x y.conf' pair --host-key K mail.example.org");
}

TEST_CASE("a printed command of another subcommand has only options that it takes", "[tool][command]") {
  CHECK(printed({"import", "one", "--no-dns", "--json", "--config", "/p/s.conf"}, "reload --accept-shrink one") ==
        "shorthop --config /p/s.conf reload --accept-shrink one");
}

TEST_CASE("a relative --config is printed as an absolute path, so that the command works in cron and in any directory",
          "[tool][command]") {
  CHECK(command_for("s.conf", "pull one", "/usr/bin/shorthop").starts_with("/usr/bin/shorthop --config /"));
  CHECK(command_for("/etc/shorthop/shorthop.conf", "pull one") == "shorthop pull one");
}

TEST_CASE("POSIX.1-2017, 2.2.2: a quoted word has no special character but its quotes", "[tool][command]") {
  CHECK(shell_word("a-b_c/d.e:f@g") == "a-b_c/d.e:f@g");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("it's $x") == "'it'\\''s $x'");
}
