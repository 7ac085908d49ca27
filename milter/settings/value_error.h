// The result of parsing the text of a setting, and what the parsers share. No I/O.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "text/ascii.h"

namespace shorthop {

/// What is wrong with a value, and the fix. The setting must accept a value that the fix names. The caller adds file
/// and line.
struct ValueError {
  std::string what;
  std::string fix;
};

template <class T>
using ParsedValue = std::expected<T, ValueError>;

inline std::unexpected<ValueError> wrong(std::string what, std::string fix) {
  return std::unexpected(ValueError{std::move(what), std::move(fix)});
}

inline std::string quoted(std::string_view text) { return fmt::format("\"{}\"", printable(text, 120)); }

}  // namespace shorthop
