// shorthop config: prints all settings, from the rows that the parser itself uses.
#include <fmt/format.h>
#include <sysexits.h>

#include "settings/setting_rows.h"
#include "text/json.h"
#include "tool/actions.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t text_width = 80;

std::string_view files_of(Section section) {
  switch (section) {
    case Section::main: return "shorthop.conf";
    case Section::relay: return "relay.d/*.conf";
    case Section::both: return "shorthop.conf and relay.d/*.conf";
  }
  return {};
}

/// The words, wrapped into lines that are indented by four spaces.
std::string wrapped(std::string_view words) {
  std::string text;
  std::size_t column = text_width;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (column + 1 + word.size() > text_width) {
      text += text.empty() ? "    " : "\n    ";
      column = 4;
    } else {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
  return text + "\n";
}

std::string text_of(const SettingRow& row) {
  return fmt::format("{} = {}\n    {}; in {}; a change needs a {}\n{}", row.name,
                     row.default_value.empty() ? "(not set)" : row.default_value, row.unit, files_of(row.section),
                     name_of(row.on_change), wrapped(row.meaning));
}

std::string json_of(const SettingRow& row) {
  JsonObject json;
  json.text("name", row.name).text("section", name_of(row.section)).text("unit", row.unit);
  if (row.default_value.empty()) {
    json.null("default");
  } else {
    json.text("default", row.default_value);
  }
  return json.text("on_change", name_of(row.on_change)).text("meaning", row.meaning).str() + "\n";
}

}  // namespace

int config(const Invocation& invocation, Streams& streams) {
  const bool json = invocation.has("json");
  bool first = true;
  for (const SettingRow& row : setting_rows()) {
    if (!json && !first) streams.output.write("\n");
    streams.output.write(json ? json_of(row) : text_of(row));
    first = false;
  }
  return EX_OK;
}

}  // namespace shorthop::tool
