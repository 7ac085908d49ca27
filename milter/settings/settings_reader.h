// The settings of one file, looked up by name and parsed. Not here: the syntax (settings_file.h), the values
// (setting_values.h), and the structures that hold the values (settings.h).
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "settings/setting_rows.h"
#include "settings/settings.h"
#include "settings/settings_file.h"
#include "text/ascii.h"
#include "text/diagnostic.h"

namespace shorthop {

Diagnostic setting_error(std::string file, std::uint32_t line, std::string what, std::string fix);

/// The row's default replaces a setting that is missing.
class SettingsReader {
 public:
  SettingsReader(std::string file, Section section, Diagnostics& problems)
      : file_(std::move(file)), section_(section), problems_(problems) {}

  void take(std::string_view text);

  /// The settings that do not need a restart, as text that does not depend on comments or on the order of the lines.
  std::string reloaded_text() const;

  bool is_set(std::string_view name) const { return assignments_.contains(name); }
  bool has_value(std::string_view name) const {
    const auto found = assignments_.find(name);
    return found != assignments_.end() && !trimmed(found->second.value).empty();
  }
  /// The line of a setting that is set.
  std::uint32_t line_of(std::string_view name) const { return assignments_.find(name)->second.line; }

  /// The parsed value with its file and line. A bad value is reported and replaced by the default.
  template <class Parser>
  auto get(std::string_view name, Parser parse) {
    using Value = typename decltype(parse(std::string_view()))::value_type;
    const std::string_view fallback = find_setting(name, section_)->default_value;
    const auto found = assignments_.find(name);
    if (found != assignments_.end()) {
      auto value = parse(std::string_view(found->second.value));
      if (value) return Located<Value>{std::move(*value), {file_, found->second.line}};
      problems_.push_back(setting_error(file_, found->second.line, fmt::format("{}: {}", name, value.error().what),
                                        std::move(value.error().fix)));
    }
    return Located<Value>{parse(fallback).value_or(Value{}), {}};
  }

  /// Whether the setting has a value. If it has none, an error is reported.
  bool require(std::string_view name, std::string_view example);

 private:
  void report_unknown(const Assignment& assignment);

  std::string file_;
  Section section_;
  Diagnostics& problems_;
  std::map<std::string, Assignment, std::less<>> assignments_;
};

}  // namespace shorthop
