// A table that keeps its source text: an index of line starts finds entries, and their lines are parsed again on each
// look-up. A million entries need little more memory than the file, and every answer has its line number.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

/// The format of the logical lines (line_formats.h).
enum class TextFormat {
  aliases5,          ///< aliases(5): "name: targets"
  virtual5,          ///< virtual(5), the format of postmap(1) for any table: "key white space value"
  first_word,        ///< a list of names: the first word of each logical line, without a trailing colon
  sendmail_aliases,  ///< aliases(5) as Sendmail's newaliases reads it
  texthash,          ///< as virtual5, but values may be anything
  virtusertable,     ///< Sendmail's makemap(8): "key white space value", one per line
};

/// A table over `text`; `name` is "type:name", `file` the path for diagnostics. A line that postmap(1) would ignore is
/// ignored, with a warning in `problems`; if its key can be read and no earlier line has it, look-ups of that key fail.
/// Null, with an error, only for a text of 2 GiB or more. Of two lines with the same key, the first is used, as in
/// Postfix. In the formats of Sendmail, look-ups of that key fail, because makemap uses the first line and newaliases
/// the last.
std::shared_ptr<const Table> text_table(std::string name, std::string file, std::string text, TextFormat format,
                                        Diagnostics& problems, std::optional<FileStamp::Time> changed = std::nullopt);

}  // namespace shorthop
