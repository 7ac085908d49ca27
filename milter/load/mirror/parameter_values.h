// The parameters of a primary by name: its own values, overrides of its services, and Postfix's defaults. No I/O.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/parameters.h"

namespace shorthop {

class ParameterValues {
 public:
  ParameterValues() = default;
  explicit ParameterValues(Parameters said) : said_(std::move(said)) {}

  /// Overrides of the services that the primary's mail passes; they win.
  void override_with(const Parameters& overrides) {
    for (const auto& [name, value] : overrides) said_[name] = value;
  }
  void set(const std::string& name, std::string value) { said_[name] = std::move(value); }

  /// Whether the primary sets the value; false: it is only a default.
  bool says(std::string_view name) const { return said_.contains(name); }
  const Parameters& said() const { return said_; }

  /// As written, not expanded; nullopt: it is not set, and therefore empty.
  std::optional<std::string> written(std::string_view name) const;
  /// With every $name replaced; the error is the part that cannot be expanded.
  std::expected<std::string, std::string> expanded(std::string_view name) const;
  /// The same, with nothing in place of a name that is not known: Postfix takes one that is not defined for empty.
  std::string expanded_or_empty(std::string_view name) const;
  /// The items of an expanded list.
  std::expected<std::vector<std::string>, std::string> items(std::string_view name) const;
  /// Whether it is set to something else than white space; unknown counts as set.
  bool is_set(std::string_view name) const;

 private:
  Parameters said_;
};

}  // namespace shorthop
