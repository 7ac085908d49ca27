// What the readers of one logical line have in common: a key and a value, or what is wrong with the line.
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
  std::string key = {};  ///< the key, where it can be read: what the line says of it is not known
};

using LineResult = std::expected<ParsedLine, LineError>;

/// A part of a line for a message: printable, quoted and short.
std::string excerpt(std::string_view text);

}  // namespace shorthop
