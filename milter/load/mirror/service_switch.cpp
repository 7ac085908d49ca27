#include "load/mirror/service_switch.h"

#include <fmt/format.h>

#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

constexpr std::string_view usual_file = "/etc/mail/service.switch";

}  // namespace

std::vector<std::string> switch_words(std::string_view text, std::string_view service) {
  std::vector<std::string> words;
  for (std::string_view line : lines_of(text)) {
    line = line.substr(0, line.find('#'));
    if (take_word(line) != service) continue;
    while (!line.empty()) words.emplace_back(take_word(line));
  }
  return words;
}

std::string other_alias_source(const SendmailCf& cf, const FindCopy& find_copy) {
  for (const auto& [name, map] : cf.maps) {
    if (name == "aliases" || name.starts_with("aliases.")) return fmt::format("its map {}", printable(name, 40));
  }
  const std::string_view named = cf.option("serviceswitchfile");
  const std::string path(named.empty() ? usual_file : named);
  const auto text = find_copy(path);
  if (!text && text.error().kind != ReadFailure::Kind::missing) {
    return fmt::format("its service switch {} cannot be read: {}", printable(path, 100), text.error().what);
  }
  if (!text) return named.empty() ? "" : fmt::format("its service switch {} is not here", printable(path, 100));
  for (const std::string& word : switch_words(*text, "aliases")) {
    if (word != "files") return fmt::format("{} names {}", printable(path, 100), printable(word, 40));
  }
  return {};
}

}  // namespace shorthop
