// cdb: tables, by tinycdb: the whole file is read when the table is opened.
// Source: Postfix util/dict_cdb.c. The only file that includes the library.
#include "tables/types/databases/database_file.h"

#ifdef SHORTHOP_WITH_CDB

#include <cdb.h>

#include <algorithm>
#include <cstdint>

#include "tables/key_values.h"

namespace shorthop {
namespace {

std::string_view view(const void* data, unsigned size) { return {static_cast<const char*>(data), size}; }

std::uint64_t number_at(std::string_view file, std::size_t place) {
  std::uint64_t number = 0;
  for (std::size_t i = 4; i > 0; --i) number = number << 8 | static_cast<unsigned char>(file[place + i - 1]);
  return number;
}

/// Whether the hash tables of the file are for this number of records. They are at the end of the file, and have two
/// places for each record. A file system may lose a part of a file, for example if the power fails.
bool has_records(std::string_view file, std::uint64_t records) {
  constexpr std::size_t header_size = 2048;  // 256 times the position of a hash table, and the number of its places
  constexpr std::uint64_t place_size = 8;
  if (file.size() < header_size) return false;
  std::uint64_t first = file.size();
  std::uint64_t places = 0;
  for (std::size_t at = 0; at < header_size; at += 8) {
    first = std::min(first, number_at(file, at));
    places += number_at(file, at + 4);
  }
  return places == 2 * records && first + place_size * places == file.size();
}

/// Whether all records were read.
bool read_records(cdb& file, const DatabaseCopy& copy, KeyValues& pairs) {
  unsigned position = 0;
  cdb_seqinit(&position, &file);
  std::uint64_t records = 0;
  for (unsigned begin = position;; begin = position, ++records) {
    const int more = cdb_seqnext(&position, &file);
    if (more <= 0) return more == 0 && has_records(copy.bytes(), records);
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
  const bool whole = read_records(file, *copy, pairs);
  cdb_free(&file);
  if (!whole) return damaged_database(request, "a record is cut off or missing");
  return std::move(pairs).table(request.table.text(), request.changed);
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_cdb(const OpenRequest& request) { return missing_library(request, "tinycdb"); }

}  // namespace shorthop

#endif
