// Tables that only a mirror has: listings, databases whose entries have the lines of their text, unions, and users who
// are known by their .forward files.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/parameter_values.h"
#include "system/file_reader.h"
#include "tables/table.h"
#include "tables/table_name.h"

namespace shorthop {

/// The users of the primary's system, as Postfix names them and as the mirror lists them.
inline constexpr std::string_view users_table = "unix:passwd.byname";

/// The table that the primary reads under this name (redirect_berkeley_db()). If it is another one, `has_file` must
/// find its database: without the database, the text may be newer than what the primary reads, and a .db file is out of
/// date.
std::expected<TableName, std::string> redirect_at_primary(const TableName& table, const ParameterValues& main_cf,
                                                          const std::function<bool(const std::string& path)>& has_file);

/// Folded key -> when its entry expires.
using Expiries = std::map<std::string, std::chrono::sys_seconds, std::less<>>;

/// A listing as `postmap -s` prints it: each line has a key, a tab and a value. Values of one key in several lines are
/// joined with ", ", as Postfix does with the rows of a query. A key that is not listed is absent if the listing
/// `is_complete`. Otherwise its look-up fails, because the table may have it. The look-up of a key in `expires` fails
/// from its time on: the primary then uses the next entry that matches, or none. A pattern table (socketmap:, pcre:) is
/// asked for keys as written, so its answer is not known if the key or the listing has capital letters.
std::shared_ptr<const Table> listed_table(std::string name, std::string_view text, bool is_complete,
                                          FileStamp::Time changed, const Expiries& expires = {});

/// A database with the line numbers of its source text, where both have the same value. `text` may be null.
std::shared_ptr<const Table> with_lines_of(std::shared_ptr<const Table> database, std::shared_ptr<const Table> text);

/// unionmap: the values of all tables that have the key, joined with ",". If a table fails, the look-up fails.
std::shared_ptr<const Table> union_table(std::string name, std::vector<std::shared_ptr<const Table>> tables);

/// pipemap: the value of each table is the key for the next. If a table fails, the look-up fails.
std::shared_ptr<const Table> pipe_table(std::string name, std::vector<std::shared_ptr<const Table>> tables);

/// The users who have a .forward file. There may be other users, so the look-up of any other name fails.
std::shared_ptr<const Table> users_with_forward_files(const std::filesystem::path& directory);

/// A table of an SRS daemon of the primary. The daemon cannot be asked from here, and has SRS addresses only: the
/// look-up of an SRS address fails, and any other key is absent.
std::shared_ptr<const Table> srs_table(std::string name);

/// The fix for a table that is missing from the mirror. `written`: its name in the primary's settings. Postfix reads
/// "hash: /etc/aliases", with a blank, as the names of two tables.
std::string_view fix_of_missing(std::string_view written);

}  // namespace shorthop
