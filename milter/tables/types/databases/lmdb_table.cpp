// lmdb: tables, by LMDB: the whole file is read when the table is opened.
// Source: Postfix util/dict_lmdb.c. The only file that includes the library.
#include "tables/types/databases/database_file.h"

#ifdef SHORTHOP_WITH_LMDB

#include <lmdb.h>

#include <memory>

#include "tables/key_values.h"
#include "tables/types/databases/lmdb_pages.h"

namespace shorthop {
namespace {

struct EnvironmentDeleter {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, EnvironmentDeleter>;

struct TransactionDeleter {
  void operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }
};
using Transaction = std::unique_ptr<MDB_txn, TransactionDeleter>;

struct CursorDeleter {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CursorDeleter>;

std::string_view view(const MDB_val& text) { return {static_cast<const char*>(text.mv_data), text.mv_size}; }

/// MDB_NOTFOUND after the whole table was read.
int read_pairs(MDB_cursor* cursor, KeyValues& pairs) {
  MDB_val key{};
  MDB_val value{};
  int error = 0;
  while ((error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
    if (!pairs.add_raw(view(key), view(value))) return MDB_CORRUPTED;
  }
  return error;
}

/// 0, or an error of the library.
int read_file(const DatabaseCopy& copy, KeyValues& pairs) {
  MDB_env* created = nullptr;
  if (const int error = mdb_env_create(&created)) return error;
  const Environment environment(created);
  constexpr unsigned flags = MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK;  // as in Postfix; the copy is never written
  if (const int error = mdb_env_open(created, copy.path().c_str(), flags, 0)) return error;
  MDB_txn* begun = nullptr;
  if (const int error = mdb_txn_begin(created, nullptr, MDB_RDONLY, &begun)) return error;
  const Transaction transaction(begun);
  MDB_dbi database = 0;
  if (const int error = mdb_dbi_open(begun, nullptr, 0, &database)) return error;
  MDB_cursor* opened = nullptr;
  if (const int error = mdb_cursor_open(begun, database, &opened)) return error;
  const Cursor cursor(opened);
  const int end = read_pairs(opened, pairs);
  return end == MDB_NOTFOUND ? 0 : end;
}

}  // namespace

std::shared_ptr<const Table> open_lmdb(const OpenRequest& request) {
  const auto copy = copy_database(request);
  if (!copy) return nullptr;
  if (copy->size() == 0) return damaged_database(request, "it is empty");
  if (const std::string fault = fault_of_lmdb_pages(copy->bytes()); !fault.empty()) {
    return damaged_database(request, fault);
  }
  KeyValues pairs;
  if (const int error = read_file(*copy, pairs)) return damaged_database(request, mdb_strerror(error));
  return std::move(pairs).table(request.table.text(), request.changed);
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_lmdb(const OpenRequest& request) { return missing_library(request, "LMDB"); }

}  // namespace shorthop

#endif
