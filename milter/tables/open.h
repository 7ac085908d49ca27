// Opens a table by Postfix's name for it, "type:name" (DATABASE_README).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_reader.h"
#include "tables/table.h"
#include "tables/text/text_table.h"
#include "text/diagnostic.h"

namespace shorthop {

/// A table of the type that the name says: text (read as `text_format`), texthash, inline, static, unix
/// (passwd.byname, group.byname), hash, btree, lmdb, cdb; "proxy:" before it is dropped. A file that is missing or
/// unreadable, a type that this build does not know: null, with the reason and the fix in `problems`.
std::shared_ptr<const Table> open_table(std::string_view name, TextFormat text_format, const FileReader& files,
                                        Diagnostics& problems);

/// The name of a table without "proxy:", which only says through which process Postfix asks (proxymap(8)).
std::string_view without_proxy(std::string_view name);

/// A type of table, for the documentation.
struct TableType {
  std::string_view name;
  std::string_view meaning;
};
/// Every type that this build reads, in the order of DATABASE_README; text is ours.
std::vector<TableType> table_types();

/// The file that the data of a table is read from: "/etc/postfix/virtual.db" for "hash:/etc/postfix/virtual". Nothing
/// for a type without files, and for one that this build does not know.
std::optional<std::string> file_of_table(std::string_view name);

/// A table that fails every look-up with this sentence. It stands for a table that cannot be asked, so that what
/// depends on it is kept and everything else goes on.
std::shared_ptr<const Table> failing_table(std::string name, std::string what, FailureKind kind);

}  // namespace shorthop
