// cdb: tables, by tinycdb: the whole file is read when the table is opened.
// Source: Postfix util/dict_cdb.c. The only file that includes the library.
#include "tables/types/databases/database_file.h"

#ifdef SHORTHOP_WITH_CDB

#include <cdb.h>

#include "tables/key_values.h"

namespace shorthop {
namespace {

std::string_view view(const void* data, unsigned size) { return {static_cast<const char*>(data), size}; }

/// Whether all records were read.
bool read_records(cdb& file, KeyValues& pairs) {
  unsigned position = 0;
  cdb_seqinit(&position, &file);
  for (unsigned begin = position;; begin = position) {
    const int more = cdb_seqnext(&position, &file);
    if (more <= 0) return more == 0;
    const void* key = cdb_getkey(&file);
    const void* value = cdb_getdata(&file);
    // The library adds lengths in 32 bits, so a damaged record may lie outside of the file or lead backwards.
    if (position <= begin || key == nullptr || value == nullptr) return false;
    if (!pairs.add_raw(view(key, cdb_keylen(&file)), view(value, cdb_datalen(&file)))) return false;
  }
}

}  // namespace

std::shared_ptr<const Table> open_cdb(const OpenRequest& request) {
  const auto copy = copy_database(request);
  if (!copy) return nullptr;
  cdb file{};
  if (cdb_init(&file, copy->descriptor()) != 0) return damaged_database(request, "it is not a cdb file");
  KeyValues pairs;
  const bool whole = read_records(file, pairs);
  cdb_free(&file);
  if (!whole) return damaged_database(request, "a record is cut off");
  return std::move(pairs).table(request.table.text(), request.changed);
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_cdb(const OpenRequest& request) { return missing_library(request, "tinycdb"); }

}  // namespace shorthop

#endif
