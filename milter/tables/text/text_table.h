// A table whose source text is kept: entries are found by an index of line starts and read again when asked for,
// so that a million entries cost little more than the file itself, and every answer knows its line.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

/// How the logical lines of the text are read; a file each, named as its manual page.
enum class TextFormat {
  aliases5,          ///< aliases(5): "name: targets"
  virtual5,          ///< virtual(5), and postmap's format of any table: "key white space value"
  first_word,        ///< the first word of each logical line, a trailing colon dropped: a list of names
  sendmail_aliases,  ///< aliases(5) as Sendmail's newaliases reads it
  texthash,          ///< as virtual5, of a table whose values may be anything
  virtusertable,     ///< Sendmail's makemap(8): "key white space value", a line each
};

/// A table over `text`; `name` is "type:name", `file` the path for diagnostics. A line that postmap(1) would ignore is
/// ignored, with a warning in `problems`; where its key can be read, look-ups of that key fail. Null, with an error, only
/// for a text beyond 2 GiB. Of a duplicate key the first wins, as in Postfix; in Sendmail it is the first (makemap) or
/// the last (newaliases), so there each look-up of it fails.
std::shared_ptr<const Table> text_table(std::string name, std::string file, std::string text, TextFormat format,
                                        Diagnostics& problems, std::optional<FileStamp::Time> changed = std::nullopt);

}  // namespace shorthop
