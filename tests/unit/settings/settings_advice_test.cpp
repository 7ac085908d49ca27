// The advice in the error of a setting is accepted by that setting.
#include <fmt/format.h>

#include <array>

#include "settings/setting_rows.h"
#include "support/catch.h"
#include "text/lines.h"
#include "unit/settings/written_settings.h"

namespace shorthop::test {
namespace {

/// What a file of this kind says about one setting; empty if it accepts the value.
std::string said_of(const SettingRow& row, Section file, std::string_view value) {
  const std::string line = fmt::format("{} = {}\n", row.name, value);
  std::string text = file == Section::main ? line : std::string();
  if (file == Section::relay) {
    if (row.name != "domains") text += "domains = example.org\n";
    if (row.name != "primary") text += "primary = mail.example.org\n";
    text += line;
  }
  const std::string all = file == Section::main ? said_of_main(text) : said_of_relay(text);
  const std::string begin = fmt::format(" error: {}: ", row.name);
  for (const std::string_view one : lines_of(all)) {
    if (const std::size_t at = one.find(begin); at != one.npos) return std::string(one.substr(at + begin.size()));
  }
  return {};
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// The values in "write A, B or C" and "..., such as A". A part of several words is not a value.
std::vector<std::string> advised_in(const std::string& error) {
  std::string fix = error.substr(error.rfind(" (") + 2);
  fix.resize(fix.rfind(')'));
  for (const std::string_view begin : {"such as ", "write "}) {
    if (const std::size_t at = fix.find(begin); at != fix.npos) fix = fix.substr(at + begin.size());
  }
  fix = replaced(replaced(fix, " for no limit", ""), " where the user's name stands", "");
  fix = replaced(replaced(fix, ", or ", "\n"), " or ", "\n");
  fix = replaced(fix, ", ", "\n");
  std::vector<std::string> values;
  for (const std::string_view part : lines_of(fix)) {
    if (part.contains(' ')) continue;
    std::string value(part);
    for (const auto& [word, by] : {std::pair("TYPE", "text"), std::pair("NAME", "/x"), std::pair("PORT", "9642"),
                                   std::pair("HOST", "mail.example.org"), std::pair("USER", "u")}) {
      value = replaced(std::move(value), word, by);
    }
    values.push_back(std::move(value));
  }
  return values;
}

constexpr std::array bad_values = {
    "",
    "0",
    "0s",
    "0h",
    "48",
    "5000",
    "1000000",
    "-1",
    "x",
    "none",
    "off",
    "99w",
    "/x",
    "/x/y.z",
    "10027",
    "inet:9642",
    "inet:1@h",
    "inet:0@h",
    "inet6:1",
    "inet6:0@h",
    "unix:",
    "inet:9642@192.0.2.1",
    "text:",
    "text:/x",
    "text:text:/x",
    "a b",
    "a,b",
    "101%",
    "20",
    "ex@mple",
    "example.org.",
    "%u%u",
    "%x",
    "/x/%u.%u",
    "a ->",
    "yess",
    "rewrit",
    "0999",
    "ssh://h",
    "ssh://u@h:0",
    "tcp:",
    "hash:/x",
    "{",
    "milter",
    "aa",
};

}  // namespace

TEST_CASE("settings: the advice in an error is accepted by the same setting", "[settings]") {
  std::size_t tried = 0;
  for (const SettingRow& row : setting_rows()) {
    for (const Section file : {Section::main, Section::relay}) {
      if (!belongs_to(row, file)) continue;
      for (const std::string_view bad : bad_values) {
        const std::string error = said_of(row, file, bad);
        if (error.empty()) continue;
        for (const std::string& value : advised_in(error)) {
          CAPTURE(row.name, bad, error, value);
          CHECK(said_of(row, file, value).empty());
          ++tried;
        }
      }
    }
  }
  CHECK(tried > 500);
}

}  // namespace shorthop::test
