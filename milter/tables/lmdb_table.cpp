#include "tables/backends.h"

#ifdef SHORTHOP_WITH_LMDB

#include <lmdb.h>

#include <csetjmp>
#include <memory>

#include "tables/key_values.h"

namespace shorthop {
namespace {

// The library trusts its file: it maps it and follows what stands there, and calls abort(3) when that cannot be. So we
// give it a copy with zeros behind the end, as far as a wrong length can point, and leave it when it would abort.

constexpr std::size_t longest_node = std::size_t{1} << 17;  // offsets within a page and lengths of keys have 16 bits

struct EnvironmentDeleter {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, EnvironmentDeleter>;

thread_local std::jmp_buf after_assertion;

/// Instead of abort(3). Only frames of the library lie between this and the setjmp, so that nothing of C++ is skipped.
void leave_library(MDB_env*, const char*) { std::longjmp(after_assertion, 1); }

int open_environment(MDB_env* environment, const char* path, std::size_t map_size) {
  if (const int error = mdb_env_set_mapsize(environment, map_size)) return error;
  mdb_env_set_assert(environment, leave_library);
  constexpr unsigned flags = MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK;  // as Postfix opens it; nobody writes to the copy
  if (setjmp(after_assertion) != 0) return MDB_CORRUPTED;
  return mdb_env_open(environment, path, flags, 0);
}

int open_cursor(MDB_env* environment, MDB_cursor** cursor) {
  if (setjmp(after_assertion) != 0) return MDB_CORRUPTED;
  MDB_txn* transaction = nullptr;
  MDB_dbi database = 0;
  if (const int error = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction)) return error;
  int error = mdb_dbi_open(transaction, nullptr, 0, &database);
  if (error == 0) error = mdb_cursor_open(transaction, database, cursor);
  if (error != 0) mdb_txn_abort(transaction);
  return error;
}

int next_pair(MDB_cursor* cursor, MDB_val* key, MDB_val* value) {
  if (setjmp(after_assertion) != 0) return MDB_CORRUPTED;
  return mdb_cursor_get(cursor, key, value, MDB_NEXT);
}

std::string_view view(const MDB_val& text) { return {static_cast<const char*>(text.mv_data), text.mv_size}; }

/// MDB_NOTFOUND at the end of a table that could be read as a whole. A damaged tree may go in circles: no table has
/// more pairs, or more bytes in them, than its file.
int read_pairs(MDB_cursor* cursor, std::size_t file_size, KeyValues& pairs) {
  std::size_t bytes = 0;
  MDB_val key{};
  MDB_val value{};
  int error = 0;
  while ((error = next_pair(cursor, &key, &value)) == 0) {
    if (value.mv_size > file_size) return MDB_CORRUPTED;
    bytes += key.mv_size + value.mv_size + 1;
    if (bytes > file_size || !pairs.add_raw(view(key), view(value))) return MDB_CORRUPTED;
  }
  return error;
}

/// 0, or the library's error.
int read_file(const DatabaseCopy& copy, std::size_t map_size, KeyValues& pairs) {
  MDB_env* created = nullptr;
  if (const int error = mdb_env_create(&created)) return error;
  const Environment environment(created);
  if (const int error = open_environment(created, copy.path().c_str(), map_size)) return error;
  MDB_cursor* cursor = nullptr;
  if (const int error = open_cursor(created, &cursor)) return error;
  MDB_txn* const transaction = mdb_cursor_txn(cursor);
  const int end = read_pairs(cursor, copy.size(), pairs);
  mdb_cursor_close(cursor);
  mdb_txn_abort(transaction);
  return end == MDB_NOTFOUND ? 0 : end;
}

}  // namespace

std::shared_ptr<const Table> open_lmdb(std::string name, std::string_view rest, Diagnostics& problems) {
  const std::string path = std::string(rest) + ".lmdb";
  auto copy = copy_database(path, problems);
  if (!copy) return nullptr;
  if (copy->size() == 0) return damaged_database(path, "it is empty", problems);
  // The file may end before its last page if that is a free one, and lengths in it may be wrong.
  const std::size_t map_size = (2 * copy->size() + longest_node + 0xfffff) & ~std::size_t{0xfffff};
  if (!copy->pad(map_size)) return damaged_database(path, "there is no memory to read it", problems);
  KeyValues pairs;
  if (const int error = read_file(*copy, map_size, pairs)) {
    return damaged_database(path, mdb_strerror(error), problems);
  }
  return std::move(pairs).table(std::move(name));
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_lmdb(std::string name, std::string_view, Diagnostics& problems) {
  return missing_library(std::move(name), "LMDB", problems);
}

}  // namespace shorthop

#endif
