// A table that keeps its source text: an index of line starts finds entries, and their lines are parsed again on each
// look-up. A million entries cost little more memory than the file, and every answer knows its line.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

/// The format of the logical lines; each has its own file, named after its manual page.
enum class TextFormat {
  aliases5,          ///< aliases(5): "name: targets"
  virtual5,          ///< virtual(5), the format of postmap(1) for any table: "key white space value"
  first_word,        ///< the first word of each logical line, a trailing colon dropped: a list of names
  sendmail_aliases,  ///< aliases(5) as Sendmail's newaliases reads it
  texthash,          ///< as virtual5, of a table whose values may be anything
  virtusertable,     ///< Sendmail's makemap(8): "key white space value", one per line
};

/// A table over `text`; `name` is "type:name", `file` the path for diagnostics. A line that postmap(1) would ignore is
/// ignored, with a warning in `problems`; if its key is readable, look-ups of that key fail. Null, with an error, only
/// for a text beyond 2 GiB. Of a duplicate key the first wins, as in Postfix. In Sendmail the first (makemap) or the
/// last (newaliases) wins, so in these formats each look-up of it fails.
std::shared_ptr<const Table> text_table(std::string name, std::string file, std::string text, TextFormat format,
                                        Diagnostics& problems, std::optional<FileStamp::Time> changed = std::nullopt);

}  // namespace shorthop
