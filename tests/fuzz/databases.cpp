// Opens any bytes as a database file. The result is an error, or a table that finds each of its keys. The first byte of
// the input chooses the type, the rest is the file.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "tables/types.h"
#include "tables/types/backends.h"

namespace {

struct Type {
  std::string_view name;
  std::string_view suffix;
};
constexpr std::array types = {Type{"hash", ".db"}, Type{"btree", ".db"}, Type{"lmdb", ".lmdb"}, Type{"cdb", ".cdb"}};

/// A temporary directory of this process, removed when it ends normally.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string table() const { return path_ / "table"; }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("shorthop-fuzz-" + std::to_string(::getpid()));
};

void write(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  must(file.good(), "the temporary file can be written");
}

std::shared_ptr<const shorthop::Table> open_database(const Type& type, const std::string& table,
                                                     shorthop::Diagnostics& problems) {
  static shorthop::Backends backends;
  const shorthop::SystemFiles files;
  return shorthop::find_table_type(type.name)->open({.table = {std::string(type.name), table},
                                                     .file = table + std::string(type.suffix),
                                                     .changed = {},
                                                     .text_format = shorthop::TextFormat::virtual5,
                                                     .files = files,
                                                     .backends = backends,
                                                     .problems = problems});
}

}  // namespace

/// With some damaged files Berkeley DB's verification leaks its cursor (1.2 kB); leaks of our own still count.
// NOLINTNEXTLINE(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp): the name is LeakSanitizer's
extern "C" const char* __lsan_default_suppressions() { return "leak:libdb-5\n"; }

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Folder folder;
  Input input(data, size);
  const Type& type = types[input.byte() % types.size()];
  write(folder.table() + std::string(type.suffix), input.rest());
  shorthop::Diagnostics problems;
  const auto table = open_database(type, folder.table(), problems);
  must((table == nullptr) == shorthop::has_error(problems), "there is a table or an error");
  must_be_well_formed(problems, 0);
  if (!table) return 0;
  must(table->entries().has_value(), "a database file is read when it is opened");
  must(*table->entries() <= size, "an entry takes at least a byte");
  std::size_t keys = 0;
  table->each_entry([&](std::string_view key, std::string_view, std::uint32_t line) {
    ++keys;
    must(line == 0, "a database file has no lines");
    const auto found = table->find(key);
    must(found && *found, "each key is found again");
    must(!(*found)->value.contains('\0'), "a value ends at its first NUL");
  });
  must(table->entries() <= keys, "each entry has its key");
  must(table->find("no such key\n").has_value(), "a look-up in a database file never fails");
  return 0;
}
