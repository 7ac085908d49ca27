// Numbers in text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace shorthop {

/// The whole text as a number. Only the text of a signed number may begin with '-'; none may begin with '+'.
template <class Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace shorthop
