// hash: and btree: tables, by Berkeley DB: the whole file is read when the table is opened.
// Source: Postfix util/dict_db.c. The only file that includes the library.
#include "tables/types/databases/database_file.h"

#ifdef SHORTHOP_WITH_BDB

#include <db.h>

#include <cerrno>
#include <memory>

#include "tables/key_values.h"
#include "tables/types/databases/berkeley_db_pages.h"

namespace shorthop {
namespace {

struct HandleDeleter {
  void operator()(DB* handle) const { handle->close(handle, DB_NOSYNC); }
};
using Handle = std::unique_ptr<DB, HandleDeleter>;

struct CursorDeleter {
  void operator()(DBC* cursor) const { cursor->close(cursor); }
};
using Cursor = std::unique_ptr<DBC, CursorDeleter>;

Handle new_handle() {
  DB* handle = nullptr;
  if (db_create(&handle, nullptr, 0) != 0) return nullptr;
  // By default the library prints errors on standard error, and damaged pages on standard output.
  handle->set_errfile(handle, nullptr);
  handle->set_errcall(handle, [](const DB_ENV*, const char*, const char*) {});
  handle->set_msgcall(handle, [](const DB_ENV*, const char*) {});
  return Handle(handle);
}

/// Lets the library verify all pages before any is read, because its cursor trusts them. This verification trusts some
/// lengths, which are checked earlier (berkeley_db_pages.h). `has_order`: also verifies that each key is where a
/// look-up would search for it.
int verify(const char* path, bool has_order) {
  Handle handle = new_handle();
  if (!handle) return ENOMEM;
  DB* const consumed = handle.release();  // DB->verify closes the handle in any case
  return consumed->verify(consumed, path, nullptr, nullptr, has_order ? 0 : DB_NOORDERCHK);
}

std::string_view view(const DBT& text) { return {static_cast<const char*>(text.data), text.size}; }

/// Reads the whole table. 0, or an error of the library.
int read_pairs(DBC* cursor, const DatabaseCopy& copy, KeyValues& pairs) {
  DBT key{};
  DBT value{};
  int error = 0;
  std::size_t count = 0;
  for (; (error = cursor->get(cursor, &key, &value, DB_NEXT)) == 0; ++count) {
    // A table cannot have more pairs than its file has bytes: a damaged one may contain a cycle.
    if (count > copy.size() || !pairs.add_raw(view(key), view(value))) return EINVAL;
  }
  if (error != DB_NOTFOUND) return error;
  return count < pairs_stated_in(copy.bytes()) ? DB_VERIFY_BAD : 0;
}

/// 0, or an error of the library.
int read_file(const DatabaseCopy& copy, DBTYPE type, KeyValues& pairs) {
  const std::string path = copy.path();
  if (const int error = verify(path.c_str(), !has_long_hash_key(copy.bytes()))) return error;
  const Handle handle = new_handle();
  if (!handle) return ENOMEM;
  if (const int error = handle->open(handle.get(), nullptr, path.c_str(), nullptr, type, DB_RDONLY, 0)) return error;
  DBC* opened = nullptr;
  if (const int error = handle->cursor(handle.get(), nullptr, &opened, 0)) return error;
  const Cursor cursor(opened);
  return read_pairs(opened, copy, pairs);
}

std::shared_ptr<const Table> open_file(const OpenRequest& request, DBTYPE type) {
  const auto copy = copy_database(request);
  if (!copy) return nullptr;
  if (copy->size() == 0) return damaged_database(request, "it is empty");
  if (const std::string fault = fault_of_berkeley_db_pages(copy->bytes()); !fault.empty()) {
    return damaged_database(request, fault);
  }
  KeyValues pairs;
  if (const int error = read_file(*copy, type, pairs)) return damaged_database(request, db_strerror(error));
  return std::move(pairs).table(request.table.text(), request.changed);
}

}  // namespace

std::shared_ptr<const Table> open_hash(const OpenRequest& request) { return open_file(request, DB_HASH); }
std::shared_ptr<const Table> open_btree(const OpenRequest& request) { return open_file(request, DB_BTREE); }

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_hash(const OpenRequest& request) { return missing_library(request, "Berkeley DB"); }
std::shared_ptr<const Table> open_btree(const OpenRequest& request) { return missing_library(request, "Berkeley DB"); }

}  // namespace shorthop

#endif
