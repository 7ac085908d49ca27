// The result of parsing one logical line: a key and a value, or an error.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace shorthop {

struct ParsedLine {
  std::string_view key;    ///< in the case of the file; points into the line, or into the reader's buffer
  std::string_view value;  ///< trimmed; points into the line
};

struct LineError {
  std::string what;
  std::string fix;
  std::string key = {};  ///< the key, if it is readable: the line's value for it is unknown
};

using LineResult = std::expected<ParsedLine, LineError>;

/// A part of a line for messages: printable, quoted and short.
std::string excerpt(std::string_view text);

}  // namespace shorthop
