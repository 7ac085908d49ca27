// The table types, one function and one file each. Every one gives a table, or null and the reason in `problems`.
// `name` is "type:rest" without proxy:, `rest` what stands behind the colon.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "tables/table.h"
#include "tables/text/text_table.h"
#include "tables/types/database_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

/// inline:{ {key = value}, key=value } (DATABASE_README): of two values for one key the last wins.
std::shared_ptr<const Table> open_inline(std::string name, std::string_view rest, Diagnostics& problems);

/// static:value, static:{ value with spaces }: the value for every key.
std::shared_ptr<const Table> open_static(std::string name, std::string_view rest, Diagnostics& problems);

/// unix:passwd.byname, unix:group.byname: live, by getpwnam_r(3) and getgrnam_r(3).
std::shared_ptr<const Table> open_unix(std::string name, std::string_view rest, Diagnostics& problems);

/// hash:FILE and btree:FILE: FILE.db of Berkeley DB, read when it is opened. `type` is "hash" or "btree".
std::shared_ptr<const Table> open_berkeley_db(std::string name, std::string_view type, std::string_view rest,
                                              Diagnostics& problems);

/// lmdb:FILE: FILE.lmdb, read when it is opened.
std::shared_ptr<const Table> open_lmdb(std::string name, std::string_view rest, Diagnostics& problems);

/// cdb:FILE: FILE.cdb, read when it is opened.
std::shared_ptr<const Table> open_cdb(std::string name, std::string_view rest, Diagnostics& problems);

// What the openers of database files share.

/// A private copy of a database file, or nothing and the reason in `problems`.
std::optional<DatabaseCopy> copy_database(const std::string& file, Diagnostics& problems);

/// Null, with the reason: the file is not what the library understands.
std::shared_ptr<const Table> damaged_database(const std::string& file, std::string_view what, Diagnostics& problems);

/// Null, with the reason: this program was built without the library.
std::shared_ptr<const Table> missing_library(std::string name, std::string_view library, Diagnostics& problems);

}  // namespace shorthop
