// shorthop config prints all rows of the settings.
#include <sysexits.h>

#include "settings/setting_rows.h"
#include "support/catch.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using shorthop::setting_rows;
using shorthop::SettingRow;
using shorthop::test::Ran;
using shorthop::test::run;

namespace {

std::string words_of(std::string text) {
  for (std::size_t at = 0; (at = text.find("\n    ", at)) != std::string::npos;) text.replace(at, 5, " ");
  return text;
}

}  // namespace

TEST_CASE("config prints every setting with its default, unit and meaning", "[tool][config]") {
  const Ran ran = run({"config"});
  CHECK(ran.status == EX_OK);
  CHECK(ran.errors.empty());
  const std::string words = words_of(ran.output);
  for (const SettingRow& row : setting_rows()) {
    const std::string shown = row.default_value.empty() ? "(not set)" : std::string(row.default_value);
    CHECK_THAT(words,
               ContainsSubstring(std::string(row.name) + " = " + shown + " " + std::string(row.unit) + "; in ") &&
                   ContainsSubstring(std::string(row.meaning) + "\n"));
  }
}

TEST_CASE("config --json prints one object per line, and null without a default", "[tool][config]") {
  const Ran ran = run({"config", "--json"});
  CHECK(ran.status == EX_OK);
  CHECK(static_cast<std::size_t>(std::ranges::count(ran.output, '\n')) == setting_rows().size());
  CHECK_THAT(ran.output,
             ContainsSubstring(
                 R"({"name":"socket-mode","section":"main","unit":"octal","default":"0660","on_change":"restart",)"
                 R"("meaning":"Permissions)") &&
                 ContainsSubstring(R"({"name":"domains","section":"relay","unit":"domains","default":null,)"));
}

TEST_CASE("config needs no settings file", "[tool][config]") {
  CHECK(run({"config", "--config", "/nonexistent/shorthop.conf"}).status == EX_OK);
}
