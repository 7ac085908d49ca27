// The syntax of a settings file: settings, comments, continuation lines, and errors with their lines.
#include "settings/settings_file.h"

#include <random>
#include <string>

#include "support/catch.h"
#include "support/settings_directory.h"

namespace shorthop::test {
namespace {

/// "line key=value" for each assignment, then the problems.
std::string read(std::string_view text) {
  Diagnostics problems;
  std::string result;
  for (const Assignment& a : read_assignments(text, "f", problems)) {
    result += std::to_string(a.line) + " " + a.key + "=" + a.value + "\n";
  }
  return result + text_of(problems);
}

}  // namespace

TEST_CASE("settings file: key = value; white space around both is dropped", "[settings][file]") {
  CHECK(read("mode = observe\nsocket=inet:1@h\n\nmetrics   =\toff  \n") ==
        "1 mode=observe\n2 socket=inet:1@h\n4 metrics=off\n");
  CHECK(read("socket-group =\n") == "1 socket-group=\n");
  CHECK(read("a = b = c") == "1 a=b = c\n");
  CHECK(read("").empty());
}

TEST_CASE("settings file: '#' begins a comment at the start of a line or after white space", "[settings][file]") {
  CHECK(read("# all\n  # indented\nsocket = unix:/a#b   # or inet\nmode =# observe\n") ==
        "3 socket=unix:/a#b\n4 mode=# observe\n");
  CHECK(read("mode = # observe\n") == "1 mode=\n");
  CHECK(read("mode# = x\n") == "1 mode#=x\n");
}

TEST_CASE("settings file: a line that starts with white space continues the previous one", "[settings][file]") {
  CHECK(read("domains = a.example # first\n  b.example\n\n# comment\n\tc.example # third\nmode = observe\n") ==
        "1 domains=a.example b.example c.example\n6 mode=observe\n");
  CHECK(read("alias-maps =\n  text:/a\n") == "1 alias-maps=text:/a\n");
  CHECK(read("\n  text:/a\n") ==
        "f:2: error: \"text:/a\" follows white space, but there is no setting to continue (fix: begin a setting in the "
        "first column)\n");
}

TEST_CASE("settings file: an indented setting is an error, not a part of the previous value", "[settings][file]") {
  CHECK(read("socket = inet:1@h\n  mode = rewrite\n") ==
        "1 socket=inet:1@h\n"
        "f:2: error: mode follows white space, so this line continues the previous one "
        "(fix: begin a setting in the first column)\n");
  CHECK(read("local-recipients = inline:{\n  a = b }\n") == "1 local-recipients=inline:{ a = b }\n");
}

TEST_CASE("settings file: CR LF and a byte order mark are tolerated", "[settings][file]") {
  CHECK(read("\xef\xbb\xbfmode = observe\r\ndomains = a\r\n b\r\n") == "1 mode=observe\n2 domains=a b\n");
}

TEST_CASE("settings file: every problem is reported with its line and the fix", "[settings][file]") {
  CHECK(
      read("[main]\n"
           "mode observe\n"
           "  more of it\n"
           "= x\n"
           "mode = observe\n"
           "mode = rewrite\n"
           "  or not\n"
           "so\x01"
           "cket = x\n") ==
      "5 mode=observe\n"
      "f:1: error: \"[main]\": settings files have no sections (fix: write a file in relay.d for each primary "
      "instead)\n"
      "f:2: error: expected '=' in \"mode observe\" (fix: write KEY = VALUE; a line that continues another starts with "
      "white space)\n"
      "f:4: error: expected a setting's name before '=' (fix: write KEY = VALUE)\n"
      "f:6: error: mode is set twice, first in line 5 (fix: to continue a long value, start the line with white "
      "space)\n"
      "f:8: error: a control character (fix: write plain text)\n");
}

TEST_CASE("settings file: messages are printable, whatever the file contains", "[settings][file]") {
  CHECK(read("\xff\xfe no\n").starts_with("f:1: error: expected '=' in \"\\xff\\xfe no\""));
  std::mt19937 random(1);
  constexpr std::string_view alphabet = "a=# \t\n\r[]{},:\"\\$%\x01\xff\0mode";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 60; i > 0; --i) text += alphabet[random() % alphabet.size()];
    Diagnostics problems;
    for (const Assignment& a : read_assignments(text, "f", problems)) CHECK(!a.key.empty());
    CHECK(is_printable(text_of(problems)));
  }
}

}  // namespace shorthop::test
