#include "settings/settings_reader.h"

#include <fmt/format.h>

#include "text/items.h"

namespace shorthop {

Diagnostic setting_error(std::string file, std::uint32_t line, std::string what, std::string fix) {
  return {{std::move(file), line}, std::move(what), std::move(fix), Severity::error, ErrorClass::settings};
}

void SettingsReader::take(std::string_view text) {
  for (Assignment& assignment : read_assignments(text, file_, problems_)) {
    if (find_setting(assignment.key, section_) == nullptr) {
      report_unknown(assignment);
    } else {
      assignments_.emplace(assignment.key, std::move(assignment));
    }
  }
}

std::string SettingsReader::reloaded_text() const {
  std::string text;
  for (const auto& [key, assignment] : assignments_) {
    if (find_setting(key, section_)->on_change == OnChange::reload) text += key + '=' + assignment.value + '\n';
  }
  return text;
}

bool SettingsReader::require(std::string_view name, std::string_view example) {
  const auto found = assignments_.find(name);
  if (found != assignments_.end() && !list_items(found->second.value).empty()) return true;
  problems_.push_back(setting_error(file_, found == assignments_.end() ? 0 : found->second.line,
                                    fmt::format("{} is not set", name), fmt::format("write {} = {}", name, example)));
  return false;
}

void SettingsReader::report_unknown(const Assignment& assignment) {
  const Section other = section_ == Section::main ? Section::relay : Section::main;
  const std::string key = printable(assignment.key, 80);
  if (find_setting(assignment.key, other) != nullptr) {
    problems_.push_back(
        setting_error(file_, assignment.line, fmt::format("{} does not belong in this file", key),
                      other == Section::main ? "move it to shorthop.conf" : "move it to relay.d/NAME.conf"));
    return;
  }
  const std::string_view nearest = nearest_setting(assignment.key, section_);
  problems_.push_back(setting_error(file_, assignment.line, fmt::format("unknown setting \"{}\"", key),
                                    nearest.empty() ? "choose one from `shorthop config`, which lists all settings"
                                                    : fmt::format("write {}", nearest)));
}

}  // namespace shorthop
