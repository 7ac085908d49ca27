// sqlite: tables. Each look-up opens the database read-only, so that a replaced file is noticed; answers are kept as
// for all live tables. A database in a mirror is copied when the table is opened. Without SQLite, or with a parameter
// that is not supported, this host's postmap(1) is asked.
// Source: sqlite_table(5), Postfix global/dict_sqlite.c and global/db_common.c.
#include "system/deadline.h"
#include "tables/types.h"

#ifdef SHORTHOP_WITH_SQLITE

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "tables/types/databases/database_file.h"
#include "tables/types/sql/sql_query.h"
#include "tables/types/without_module.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

/// Called by SQLite repeatedly during a query; a result other than 0 ends the query.
int is_over(void* deadline) { return has_passed(*static_cast<Deadline*>(deadline)) ? 1 : 0; }

/// Doubles the quotes in a text. SQLite's own %q is not used, because it stops at a NUL.
std::string quoted_for_sql(std::string_view text) {
  std::string result;
  for (const char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result;
}

LookupFailure failure_of(sqlite3* database, std::string_view doing) {
  const int code = sqlite3_errcode(database);
  const std::string what = fmt::format("{}: {}", doing, printable(sqlite3_errmsg(database), 200));
  return {what, code == SQLITE_INTERRUPT ? FailureKind::timeout : FailureKind::unavailable};
}

std::int64_t page_size_of(sqlite3* database) {
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(database, "PRAGMA page_size", -1, &prepared, nullptr);
  const Statement statement(prepared);
  return sqlite3_step(prepared) == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : 0;
}

/// Whether the file of the database consists of whole pages. Called within a transaction.
bool has_whole_pages(sqlite3* database) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (file == nullptr || file->pMethods == nullptr) return true;  // it is in memory
  sqlite3_int64 size = 0;
  const std::int64_t page_size = page_size_of(database);
  return page_size > 0 && file->pMethods->xFileSize(file, &size) == SQLITE_OK && size % page_size == 0;
}

/// Begins a transaction, during which the number of pages cannot change, and checks that the file consists of whole
/// pages. SQLite reads the missing bytes of a page as zeros: in a file that is only partly copied, existing entries
/// would seem absent.
std::optional<LookupFailure> begin_reading(sqlite3* database) {
  if (sqlite3_exec(database, "BEGIN; PRAGMA schema_version", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure_of(database, "the database");
  }
  if (has_whole_pages(database)) return std::nullopt;
  return LookupFailure{"the database file is truncated", FailureKind::unavailable};
}

/// The database of a table: a file, or a copy of it.
struct SqliteSource {
  std::string path;
  std::optional<DatabaseCopy> copy{};
};

/// Opens the bytes of the copy as a database. SQLite does not change them, because the database is read-only.
int open_copy(const DatabaseCopy& copy, sqlite3*& opened) {
  const int error = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (error != SQLITE_OK || copy.size() == 0) return error;  // an empty file is an empty database
  if (copy.bytes().empty()) return SQLITE_IOERR;             // it cannot be mapped
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(copy.bytes().data()));
  const auto size = static_cast<sqlite3_int64>(copy.bytes().size());
  return sqlite3_deserialize(opened, "main", bytes, size, size, SQLITE_DESERIALIZE_READONLY);
}

std::expected<Database, LookupFailure> open_database(const SqliteSource& source) {
  sqlite3* opened = nullptr;
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  const int error =
      source.copy ? open_copy(*source.copy, opened) : sqlite3_open_v2(source.path.c_str(), &opened, flags, nullptr);
  Database database(opened);
  if (error == SQLITE_OK) return database;
  return std::unexpected(LookupFailure{
      fmt::format("cannot open {}: {}", printable(source.path, 200), sqlite3_errstr(error)), FailureKind::unavailable});
}

class SqliteTable final : public SqlTable {
 public:
  /// `parameters`: the text of its table file; with a copy, also generation_of().
  SqliteTable(const OpenRequest& request, std::string_view parameters, SqlQuery query, SqliteSource source)
      : SqlTable(request, parameters, std::move(query)), source_(std::move(source)) {}

 private:
  Lookup ask(const std::string& key, Deadline deadline) const override {
    const auto database = open_database(source_);
    if (!database) return std::unexpected(database.error());
    sqlite3* opened = database->get();
    constexpr int instructions = 1000;  // between two calls of is_over()
    sqlite3_progress_handler(opened, instructions, is_over, &deadline);
    sqlite3_busy_timeout(opened, milliseconds_for_poll(deadline));
    if (auto failure = begin_reading(opened)) return std::unexpected(std::move(*failure));
    const std::string text = query().text.query_for(key, quoted_for_sql).value_or("");
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(opened, text.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
      return std::unexpected(failure_of(opened, "the query"));
    }
    const Statement statement(prepared);
    if (prepared == nullptr) return std::unexpected(LookupFailure{"the query is empty", FailureKind::bad_data});
    return rows_of(key, opened, prepared);
  }

  /// The first column of each row, as in dict_sqlite.c.
  Lookup rows_of(const std::string& key, sqlite3* database, sqlite3_stmt* statement) const {
    SqlAnswer answer(query(), key);
    int state = SQLITE_DONE;
    while ((state = sqlite3_step(statement)) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      if (!answer.add(text == nullptr ? std::nullopt : std::optional<std::string_view>(text))) return answer.lookup();
    }
    if (state != SQLITE_DONE) return std::unexpected(failure_of(database, "the query"));
    return answer.lookup();
  }

  const SqliteSource source_;
};

/// Whether the file is in WAL mode ("Database File Format", 1.3): bytes 18 and 19 are 2. Its last transactions may be
/// in another file, which a copy of this file lacks.
bool has_wal(std::string_view file) { return file.size() > 19 && (file[18] == 2 || file[19] == 2); }

/// A copy of the database at `path`, or nothing and the reason in the request's problems.
std::optional<SqliteSource> copy_source(const OpenRequest& request, const std::string& path) {
  auto copy = copy_database(request, path);
  if (!copy) return std::nullopt;
  const auto refuse = [&](std::string what, std::string fix) {
    request.problems.push_back({{path, 0}, std::move(what), std::move(fix), Severity::error, ErrorClass::data});
    return std::nullopt;
  };
  if (has_wal(copy->bytes())) {
    return refuse("the database is in WAL mode, so its copy may lack the last transactions",
                  "make the copy with sqlite3 FILE \"VACUUM INTO 'COPY'\"");
  }
  SqliteSource source{path, std::move(copy)};
  const auto database = open_database(source);
  const auto failure = database ? begin_reading(database->get()) : std::optional(database.error());
  if (failure) return refuse("the database cannot be read: " + failure->text(), "copy it again");
  return source;
}

/// A line that differs for each version of the file, so that kept answers of one copy are not used for another.
std::string generation_of(const FileStamp& stamp) {
  return fmt::format("# {} {} {}\n", stamp.inode, stamp.changed.time_since_epoch().count(), stamp.size);
}

}  // namespace

std::shared_ptr<const Table> open_sqlite(const OpenRequest& request) {
  if (request.file.empty()) return open_postmap(request);  // its parameters are in main.cf
  const auto text = request.table_file();
  if (!text) return refuse_unreadable(request, text.error());
  auto parameters = parse_table_file(*text);
  if (!parameters) return refuse_parameters(request, parameters.error().line, parameters.error().what);
  auto query = take_sql_query(*parameters, request);
  if (!query) return refuse_parameters(request, 0, query.error());
  std::string dbpath = take(*parameters, "dbpath");
  if (dbpath.empty()) return refuse_parameters(request, 0, "there is no dbpath");
  if (!parameters->empty()) return open_with_unknown_parameters(request, *parameters);
  if (!request.options.copies_database) {
    return std::make_shared<SqliteTable>(request, *text, std::move(*query), SqliteSource{std::move(dbpath)});
  }
  const std::string parameters_of_copy = *text + generation_of(request.files.stamp(dbpath));
  auto source = copy_source(request, dbpath);
  if (!source) return nullptr;
  return std::make_shared<SqliteTable>(request, parameters_of_copy, std::move(*query), std::move(*source));
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_sqlite(const OpenRequest& request) { return open_postmap(request); }

}  // namespace shorthop

#endif
