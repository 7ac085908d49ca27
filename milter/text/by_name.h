// Values by name, such as the parameters of a configuration file or the options of a command.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

template <class Value>
using ByName = std::map<std::string, Value, std::less<>>;
using TextByName = ByName<std::string>;

/// The value with this name; null if there is none.
template <class Value>
const Value* find_value(const ByName<Value>& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second;
}

/// A copy of the text with this name; nullopt if there is none.
inline std::optional<std::string> find_text(const TextByName& texts, std::string_view name) {
  const std::string* text = find_value(texts, name);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

/// The text with this name; empty if there is none.
inline std::string_view text_or_empty(const TextByName& texts, std::string_view name) {
  const std::string* text = find_value(texts, name);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

}  // namespace shorthop
