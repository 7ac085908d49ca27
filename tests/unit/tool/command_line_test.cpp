// The command line, and the help text made from the table of subcommands.
#include <fmt/format.h>
#include <sysexits.h>

#include "support/catch.h"
#include "tool/command_line.h"
#include "tool/help.h"
#include "unit/tool/world.h"

using namespace shorthop::tool;
using Catch::Matchers::ContainsSubstring;
using shorthop::OptionRow;
using shorthop::test::Ran;
using shorthop::test::run;
using Words = std::vector<std::string>;

namespace {

Invocation invocation(const Words& words) {
  const auto line = parse_command_line(words);
  if (!line) throw std::runtime_error(line.error().what);
  return line->invocation;
}

std::string usage_error(const Words& words) {
  const auto line = parse_command_line(words);
  return line ? "" : line.error().what;
}

}  // namespace

TEST_CASE("--config FILE may come before or after the subcommand, with a space or '='", "[tool][command-line]") {
  for (const Words& words : {Words{"--config", "a.conf", "check"}, Words{"check", "--config", "a.conf"},
                             Words{"--config=a.conf", "check"}, Words{"check", "--config=a.conf"}}) {
    CHECK(invocation(words).config == "a.conf");
  }
  CHECK(invocation({"check"}).config == "/etc/shorthop/shorthop.conf");
}

TEST_CASE("the value of --config is not taken for a subcommand", "[tool][command-line]") {
  CHECK(invocation({"--config", "resolve", "check"}).config == "resolve");
  CHECK(parse_command_line({"--config", "resolve", "check"})->subcommand->name == "check");
}

TEST_CASE("options and addresses may be mixed; after -- everything is an address", "[tool][command-line]") {
  const Invocation mixed = invocation({"resolve", "a@example.org", "--json", "b@example.org"});
  CHECK(mixed.arguments == Words{"a@example.org", "b@example.org"});
  CHECK(mixed.has("json"));
  const Invocation hyphen = invocation({"resolve", "--", "-a@example.org", "--json"});
  CHECK(hyphen.arguments == Words{"-a@example.org", "--json"});
  CHECK_FALSE(hyphen.has("json"));
  CHECK(invocation({"resolve", "-"}).arguments == Words{"-"});
  CHECK(invocation({"resolve", ""}).arguments == Words{""});
}

TEST_CASE("help may be written as a subcommand", "[tool][command-line]") {
  CHECK(parse_command_line({"help"})->wanted == CommandLine::Wanted::help);
  const auto resolve = parse_command_line({"help", "resolve"});
  REQUIRE(resolve);
  CHECK(resolve->wanted == CommandLine::Wanted::help);
  CHECK(resolve->subcommand->name == "resolve");
  CHECK(usage_error({"help", "resovle"}).contains("did you mean \"resolve\""));
}

TEST_CASE("a mistyped subcommand or option is answered with the nearest right one", "[tool][command-line]") {
  CHECK_THAT(usage_error({"resovle", "a@example.org"}), ContainsSubstring("\"resovle\", did you mean \"resolve\"?"));
  CHECK_THAT(usage_error({"relaod"}), ContainsSubstring("did you mean \"reload\"?"));
  CHECK_THAT(usage_error({"resolve", "--jsn", "a@example.org"}), ContainsSubstring("did you mean \"--json\"?"));
  CHECK_THAT(usage_error({"--confg", "x", "check"}), ContainsSubstring("\"x\"") || ContainsSubstring("--config"));
  CHECK_THAT(usage_error({"xyzzyxyzzy"}), !ContainsSubstring("did you mean"));
}

TEST_CASE("a wrong number of arguments or a missing value is a usage error", "[tool][command-line]") {
  CHECK_THAT(usage_error({}), ContainsSubstring("a subcommand is missing"));
  CHECK_THAT(usage_error({"resolve"}), ContainsSubstring("resolve needs ADDRESS...|-"));
  CHECK_THAT(usage_error({"check", "x"}), ContainsSubstring("takes no argument: unexpected argument \"x\""));
  CHECK_FALSE(usage_error({"check", "--config"}).empty());
  CHECK_FALSE(usage_error({"check", "--config="}).empty());
  CHECK_FALSE(usage_error({"check", "--json=1"}).empty());
}

TEST_CASE("an abbreviated option is an error", "[tool][command-line]") {
  CHECK_THAT(usage_error({"resolve", "--js", "a@example.org"}), ContainsSubstring("did you mean \"--json\"?"));
}

TEST_CASE("an option of one subcommand is an error for another", "[tool][command-line]") {
  CHECK_THAT(usage_error({"reload", "--json"}), ContainsSubstring("unknown option \"--json\""));
}

TEST_CASE("usage errors: exit 64, what is wrong and the fix on standard error, nothing on standard output",
          "[tool][command-line]") {
  for (const Words& words :
       {Words{}, Words{"resovle"}, Words{"resolve"}, Words{"resolve", "-", "a@example.org"},
        Words{"resolve", "--nosuch", "x"}, Words{"resolve", "--why-not", "a@example.org"}, Words{"status", "x"},
        Words{"graph", "x"}, Words{"discover"}, Words{"discover", "--json", "--html", "-"}, Words{"tables"},
        Words{"tables", "--form", "x"}, Words{"import", "--rollback", "example.org", "-"},
        Words{"setup", "--apply", "--undo"}, Words{"setup", "--primary-is", "x"}, Words{"pair", "-"},
        Words{"pair", "mail.example.org", "--host-key", "x"}}) {
    INFO((words.empty() ? std::string() : words.front()));
    const Ran ran = run(words);
    CHECK(ran.status == EX_USAGE);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, Catch::Matchers::StartsWith("shorthop: ") && ContainsSubstring(" (fix: ") &&
                               Catch::Matchers::EndsWith(")\n"));
  }
}

TEST_CASE("unprintable bytes of an unknown subcommand are escaped before they are printed", "[tool][command-line]") {
  const Ran ran = run({"res\x1b[2Jolve\xff"});
  CHECK(ran.status == EX_USAGE);
  CHECK_THAT(ran.errors, ContainsSubstring("\\x1b[2J") && ContainsSubstring("\\xff") && !ContainsSubstring("\x1b"));
}

TEST_CASE("--help lists every subcommand with its meaning", "[tool][help]") {
  const Ran ran = run({"--help"});
  CHECK(ran.status == EX_OK);
  for (const Subcommand& row : subcommands()) {
    CHECK_THAT(ran.output,
               ContainsSubstring("  " + std::string(row.name)) && ContainsSubstring(std::string(row.meaning)));
  }
}

TEST_CASE("SUBCOMMAND --help shows usage, options and exit statuses, whatever else is given", "[tool][help]") {
  for (const Subcommand& row : subcommands()) {
    const std::string name(row.name);
    const Ran ran = run({name, "--help"});
    CHECK(ran.status == EX_OK);
    CHECK(ran.errors.empty());
    CHECK_THAT(ran.output, ContainsSubstring("usage: shorthop " + name) && ContainsSubstring("--config FILE") &&
                               ContainsSubstring("\n  64"));
    CHECK(run({"--help", name}).output == ran.output);
    for (const OptionRow& option : row.options)
      CHECK_THAT(ran.output, ContainsSubstring("--" + std::string(option.name)));
  }
}

TEST_CASE("help lists every exit status with its meaning, in ascending order", "[tool][help]") {
  for (const Subcommand& row : subcommands()) {
    CAPTURE(row.name);
    const std::string help = help_for(row);
    std::size_t before = help.find("\nexit status (sysexits.h):\n  0 ");
    for (const auto& [status, meaning] : exits_of(row)) {
      const std::size_t place = help.find(std::string(meaning) + '\n', before);
      CHECK(place != help.npos);
      CHECK(help.substr(help.rfind('\n', place), 6).starts_with(fmt::format("\n  {} ", status)));
      before = place;
    }
  }
}

TEST_CASE("no line of help is wider than a terminal", "[tool][help]") {
  std::string all = general_help();
  for (const Subcommand& row : subcommands()) all += help_for(row);
  std::size_t start = 0;
  for (std::size_t end = 0; (end = all.find('\n', start)) != std::string::npos; start = end + 1) {
    INFO(all.substr(start, end - start));
    CHECK(end - start <= 100);
  }
}

TEST_CASE("--version prints the name and the version", "[tool][help]") {
  const Ran ran = run({"--version"});
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output, Catch::Matchers::Matches("shorthop [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}
