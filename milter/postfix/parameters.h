// Postfix's parameters as text: what postconf(1) prints, and $name expansion in it. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

using Parameters = std::map<std::string, std::string, std::less<>>;

/// A line that is not of the form "name = value".
struct BadParameterLine {
  std::uint32_t number = 0;
  std::string text;
};

/// "name = value" lines, as `postconf`, `postconf -n`, `-x` and `-f` (continued lines) print them, and as main.cf has
/// them; '#' lines are comments, the last value of a name holds. What is not of this form is left out and, if
/// `bad_line` is given, the first such line is stored there.
Parameters parse_parameters(std::string_view text, std::optional<BadParameterLine>* bad_line = nullptr);

/// The text with $name, ${name}, $(name), ${name?value}, ${name:value} and ${name?{value}:{other}} replaced,
/// recursively; $$ is a dollar sign. `value_of` gives nullopt for a name that is not known, which counts as empty in a
/// condition. The error is the part that cannot be expanded.
std::expected<std::string, std::string> expand_parameters(
    std::string_view text, const std::function<std::optional<std::string>(std::string_view)>& value_of);

}  // namespace shorthop
