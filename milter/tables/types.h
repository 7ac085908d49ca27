// The types of tables (DATABASE_README), one row for each type. Settings, loader, doctor and manual page use these
// rows.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "tables/open.h"
#include "tables/table.h"
#include "tables/table_name.h"
#include "tables/text/text_table.h"
#include "text/diagnostic.h"

namespace shorthop {

class Backends;

/// What an opener gets: the table to open, and the means to do so.
struct OpenRequest {
  TableName table;
  std::string file;                        ///< the file with the data, with the type's suffix; empty: none
  std::optional<FileStamp::Time> changed;  ///< when that file was written last, as seen before it is read
  TextFormat text_format;                  ///< the format of a table of lines
  const FileReader& files;
  Backends& backends;
  Diagnostics& problems;
  OpenOptions options{};

  std::string kept_as() const { return options.kept_as.empty() ? table.text() : options.kept_as; }

  /// The text of the file with the parameters of a live table.
  std::expected<std::string, ReadFailure> table_file() const {
    if (options.instead_of_file) return *options.instead_of_file;
    return files.read(file);
  }
};

/// Returns the table; or null, with the reason in the request's problems.
using Opener = std::shared_ptr<const Table>(const OpenRequest& request);

struct TableType {
  std::string_view name;
  Opener* open = nullptr;          ///< null: this version does not read the type
  bool has_path = false;           ///< the text after the colon is the path of a file
  std::string_view suffix = {};    ///< suffix of the file that a program makes from the table's text; empty: no suffix
  bool is_live = false;            ///< asked at each look-up, and not read as a whole
  bool is_pattern = false;         ///< see Table::is_pattern()
  bool encloses_patterns = false;  ///< its lines are "/pattern/flags result"
  bool is_composed = false;        ///< its name is a list of tables, the first of which decides whether it is_pattern
  bool is_constant = false;        ///< its name is the value of every key
  bool is_random = false;          ///< its name is a list of values, and two look-ups of a key may differ
  bool is_server = false;          ///< its name is the address of a server, which is asked in the protocol of the type
  bool is_listable = false;        ///< `postmap -s` lists its keys (postmap(1): "some database types")
  std::optional<TextFormat> own_format = {};  ///< the format of its lines, whichever setting names the table
  /// For a type with a file of parameters: the parameter that names its servers, or its database file. If both are
  /// empty, this host cannot ask a primary's table in place of the primary.
  std::string_view servers_parameter = {};
  std::string_view database_parameter = {};
  /// The parameters for the login, and those whose values depend on the host that logs in.
  std::span<const std::string_view> own_parameters = {};
  std::string_view meaning = {};  ///< for the manual page

  /// Whether a file of this type is built from lines "key value" of a text. Two such types can have the same entries.
  bool holds_entries() const { return has_path && !is_live && !is_pattern; }
  /// Whether the name itself is all the data.
  bool is_its_own_data() const { return !has_path && !is_live; }
  /// Whether this name, with the suffix of the type, is the path of a file. The name itself may contain the patterns,
  /// in braces (pcre_table(5), "INLINE SPECIFICATION"). A live type takes its parameters from main.cf if the name does
  /// not begin with '/' or '.' (ldap_table(5), "obsolete main.cf parameters").
  bool is_path(std::string_view name_of_table) const {
    if (is_pattern && name_of_table.starts_with('{')) return false;
    return has_path && (!is_live || name_of_table.starts_with('/') || name_of_table.starts_with('.'));
  }
};

/// The class of a problem with a file: `missing` also if this process has no permission to read it (sysexits.h,
/// EX_NOINPUT).
ErrorClass error_class_of(ReadFailure::Kind kind);

/// What to do about a file that cannot be read; `if_missing` is the advice if it does not exist. Empty: there is none.
std::string advice_for(ReadFailure::Kind kind, std::string_view if_missing);

/// Adds to the request's problems that the text of the table, or its file of parameters, cannot be read. Returns null.
std::shared_ptr<const Table> refuse_unreadable(const OpenRequest& request, const ReadFailure& failure);
/// Adds to the request's problems that a file of parameters has an error. `line` 0: the error concerns the whole file.
/// Returns null.
std::shared_ptr<const Table> refuse_parameters(const OpenRequest& request, std::uint32_t line, std::string what);

/// The openers, each in a file of tables/types/.
Opener open_text, open_inline, open_static, open_unix, open_hash, open_btree, open_lmdb, open_cdb, open_regexp,
    open_pcre, open_cidr, open_sqlite, open_mysql, open_pgsql, open_ldap, open_nis, open_postmap;

/// Every type that this program knows. The type text is shorthop's own; the others are Postfix's.
std::span<const TableType> table_types();

/// Null: unknown.
const TableType* find_table_type(std::string_view name);
/// The type of the table "type:name". Null: it is unknown, or there is none.
const TableType* type_of_table(std::string_view table);

/// Whether a table is a pattern table (DESIGN 3): unionmap: and pipemap: are pattern tables if their first member is
/// one.
bool is_pattern_table(const TableName& table);

/// The names of the supported types: "text, texthash, ...".
std::string supported_table_types();

/// The file that the data of a table is read from: "/etc/postfix/virtual.db" for "hash:/etc/postfix/virtual". nullopt
/// for a type without files, and for a type that is not supported.
std::optional<std::string> file_of_table(const TableName& table);

/// The file with the parameters of a live table; empty: there is none. The data may be newer or older
/// than this file.
std::string file_of_live_table(const Table& table);

}  // namespace shorthop
