// Page validation before the libraries read hash:, btree: and lmdb: files: every damaged byte of a header or an item is
// either detected or harmless.
#include <fstream>
#include <sstream>

#include "support/table_texts.h"
#include "tables/types/databases/berkeley_db_pages.h"
#include "tables/types/databases/lmdb_pages.h"

namespace shorthop::test {
namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(SHORTHOP_SOURCE_DIR + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string golden_bytes(const std::string& name) { return bytes_of("/tests/unit/tables/golden/" + name); }

/// A seed of the fuzz target, without the byte for its type.
std::string seed(const std::string& name) { return bytes_of("/tests/fuzz/corpus/databases/" + name).substr(1); }

using Check = std::string (*)(std::string_view);

/// Inverts each of the `size` bytes from `begin` on, one at a time. Returns how many of these faults the check detects.
std::size_t count_detected(Check check, std::string file, std::size_t begin, std::size_t size) {
  std::size_t count = 0;
  for (std::size_t i = begin; i < begin + size; ++i) {
    file[i] = static_cast<char>(~file[i]);
    count += !check(file).empty();
    file[i] = static_cast<char>(~file[i]);
  }
  return count;
}

TEST_CASE("db_page.h: intact files have no fault", "[tables][pages]") {
  for (const char* name : {"virtual.db", "btree.db", "aliases.db"})
    CHECK(fault_of_berkeley_db_pages(golden_bytes(name)) == "");
}

TEST_CASE("db_page.h: a truncated page, an empty file and a text have a fault", "[tables][pages]") {
  const std::string file = golden_bytes("virtual.db");
  CHECK(fault_of_berkeley_db_pages("") != "");
  CHECK(fault_of_berkeley_db_pages(std::string_view(file).substr(0, 5000)) != "");
  CHECK(fault_of_berkeley_db_pages(std::string(8192, 'x')) != "");
}

TEST_CASE("db_page.h: offsets and kinds of items are checked", "[tables][pages]") {
  const std::string file = golden_bytes("btree.db");
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 4096 + 25, 1) == 1);  // the kind of the page
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 4096 + 12, 8) == 8);  // previous and next page
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 4096 + 27, 1) == 1);  // the upper byte of the first offset
}

TEST_CASE("db_page.h: pages of a long item must be overflow pages, with as much data as the item", "[tables][pages]") {
  struct Place {
    const char* file;
    std::size_t page;  // of the last part of a long item
  };
  for (const auto& [name, page] : {Place{"hash_overflow", 5}, Place{"btree_overflow", 4}}) {
    CAPTURE(name);
    const std::string file = seed(name);
    constexpr std::size_t page_size = 512;
    CHECK(fault_of_berkeley_db_pages(file) == "");
    CHECK(count_detected(fault_of_berkeley_db_pages, file, page * page_size + 25, 1) == 1);  // the kind of the page
    CHECK(count_detected(fault_of_berkeley_db_pages, file, page * page_size + 22, 2) == 2);  // the length of the part
    CHECK(count_detected(fault_of_berkeley_db_pages, file, page * page_size + 16, 4) == 4);  // the next part
  }
}

TEST_CASE("db_page.h: an inner page links to pages one level below", "[tables][pages]") {
  const std::string file = seed("btree_pages");
  CHECK(fault_of_berkeley_db_pages(file) == "");
  CHECK(fault_of_berkeley_db_pages(seed("btree_circle")) == "page 1 is damaged");
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 512 + 24, 1) == 1);   // the level of the root
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 1024 + 24, 1) == 1);  // and that of a leaf
}

TEST_CASE("db_page.h: a file of a kind that postmap(1) does not write is a fault", "[tables][pages]") {
  const std::string file = seed("btree_pages");
  CHECK(fault_of_berkeley_db_pages(seed("btree_partitions")) == "the file is not a hash or btree of whole pages");
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 24, 3) == 3);  // encryption, type, checksums and partitions
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 28, 4) == 4);  // the first free page
  CHECK(count_detected(fault_of_berkeley_db_pages, file, 36, 4) == 4);  // the number of partitions
}

TEST_CASE("db_page.h: a key without a value is a fault", "[tables][pages]") {
  CHECK(fault_of_berkeley_db_pages(seed("hash_key_without_value")) == "page 2 is damaged");
}

TEST_CASE("hash_page.c: a hash with unsorted keys has a fault, and a long key is detected", "[tables][pages]") {
  CHECK(fault_of_berkeley_db_pages(seed("hash_unsorted")) == "page 2 is damaged");
  CHECK(has_long_hash_key(seed("hash_overflow")));
  CHECK_FALSE(has_long_hash_key(seed("hash")));
  CHECK_FALSE(has_long_hash_key(seed("btree_overflow")));
}

TEST_CASE("mdb.c: intact files have no fault", "[tables][pages]") {
  CHECK(fault_of_lmdb_pages(golden_bytes("virtual.lmdb")) == "");
}

TEST_CASE("mdb.c: a truncated file, an empty one and a text have a fault", "[tables][pages]") {
  const std::string file = golden_bytes("virtual.lmdb");
  for (const std::size_t size : {0U, 10U, 4096U, 4200U, 8192U}) {
    CHECK(fault_of_lmdb_pages(std::string_view(file).substr(0, size)) != "");
  }
  CHECK(fault_of_lmdb_pages(std::string(12288, 'x')) != "");
}

TEST_CASE("mdb.c: pages, offsets and lengths of items are checked", "[tables][pages]") {
  const std::string file = golden_bytes("virtual.lmdb");
  CHECK(count_detected(fault_of_lmdb_pages, file, 8192, 8) == 8);       // the number of the page
  CHECK(count_detected(fault_of_lmdb_pages, file, 8192 + 10, 6) >= 5);  // kind, lower and upper end
  CHECK(count_detected(fault_of_lmdb_pages, file, 8192 + 16, 8) >= 4);  // offsets of items
}

TEST_CASE("pages: any bytes give a result", "[tables][pages]") {
  RandomText random(12);
  for (const char* name : {"virtual.db", "btree.db", "virtual.lmdb"}) {
    const std::string whole = golden_bytes(name);
    for (int i = 0; i < 2000; ++i) {
      std::string file = whole;
      for (std::size_t k = 0; k < 20; ++k) file[random.below(file.size())] = static_cast<char>(random.below(256));
      fault_of_berkeley_db_pages(file);
      fault_of_lmdb_pages(file);
      fault_of_lmdb_pages(std::string_view(file).substr(0, random.below(file.size())));
    }
  }
}

}  // namespace
}  // namespace shorthop::test
