// Opens a table by Postfix's name for it, "type:name" (DATABASE_README).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "tables/table.h"
#include "tables/text/text_table.h"
#include "text/diagnostic.h"

namespace shorthop {

class Backends;

/// How to read the table. Most members are for a table file whose text is replaced, or to which another table refers.
struct OpenOptions {
  TextFormat text_format = TextFormat::virtual5;  ///< the format of a table of the type text
  /// The text to read instead of the file, if this host must ask another server than the primary does.
  std::optional<std::string> instead_of_file{};
  /// Opens the tables that `instead_of_file` names, by their names on the primary; not set if there are none.
  /// postmap(1) cannot use a table file with names of the primary.
  std::function<std::shared_ptr<const Table>(const std::string& name)> open_of_primary{};
  /// The name of the table in Backends, if its path changes with each copy of the mirror; empty: the table's own name.
  std::string kept_as{};
  /// The SQLite file that `instead_of_file` names is in a mirror. It is copied when the table is opened, because the
  /// next copy of the mirror may replace it while this data is in force.
  bool copies_database = false;
  bool is_of_this_host = false;  ///< this host's Postfix names the table
  int depth = 0;                 ///< how many table files lead to this one: each names the next in its `domain`
};

/// Opens a table; its name contains the type (tables/types.h). Null, with the reason and the fix in `problems`, if the
/// file is missing or unreadable, or if this build does not read the type. Threads and connections are taken from
/// `backends`.
std::shared_ptr<const Table> open_table(std::string_view name, const FileReader& files, Backends& backends,
                                        Diagnostics& problems, OpenOptions options = {});

/// A table that fails every look-up with this sentence. It replaces a table that cannot be used, so that recipients
/// that depend on it are kept and all others are not affected.
std::shared_ptr<const Table> failing_table(std::string name, std::string what, FailureKind kind);

/// A view of `table` for a parameter that permits no $1, $2 ... in the results of pattern tables. Postfix skips a line
/// with such a result; here, a look-up that finds such a line fails.
std::shared_ptr<const Table> fail_at_substitution(std::shared_ptr<const Table> table);

}  // namespace shorthop
