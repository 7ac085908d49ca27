// Parses one logical line into a key and a value. The formats are aliases(5), as postalias(1) reads it; virtual(5), as
// postmap(1) reads any table; and a list of names, in which only the first word of each line counts (local-recipients).
// The code of each format is in a separate .cpp file.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace shorthop {

struct ParsedLine {
  std::string_view key;    ///< in the letter case of the file; points into the line, or into the reader's buffer
  std::string_view value;  ///< trimmed; points into the line
};

struct LineError {
  std::string what;
  std::string fix;
  std::string key = {};     ///< the key, if it can be read; its value is then unknown
  bool is_any_key = false;  ///< the line may have any key
};

using LineResult = std::expected<ParsedLine, LineError>;

/// aliases(5), "name: targets". The name ends at the first ':' outside of quotes and comments; a quoted name is stored
/// unquoted in `buffer`. A line that postalias(1) would ignore (a name with a domain, several names, no value) is an
/// error.
LineResult parse_aliases5(std::string_view logical_line, std::string& buffer);

/// As parse_aliases5(), for Sendmail's newaliases(1), which parses the name as an address and takes its local part as
/// the key. A line is an error if its name is more than one word; LineError::key is then the local part.
LineResult parse_sendmail_alias(std::string_view logical_line, std::string& buffer);

/// virtual(5), "key white space value". The key ends at the first white space that is neither quoted nor escaped, and
/// keeps its quotes, as in postmap(1). A line that postmap(1) would ignore, or of aliases(5) form, is an error.
LineResult parse_virtual5(std::string_view logical_line);

/// A list of names. The word ends at the first white space or ':' outside of quotes; a quoted one is stored unquoted in
/// `buffer`. The value is the rest of the line, or the word itself if there is no rest.
LineResult parse_first_word(std::string_view logical_line, std::string& buffer);

}  // namespace shorthop
