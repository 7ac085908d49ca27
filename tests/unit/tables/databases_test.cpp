// hash:, btree:, lmdb: and cdb: files as written by postmap(1) and postalias(1), intact and damaged.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/table_texts.h"
#include "support/temporary_directory.h"
#include "tables/types/backends.h"
#include "tables/types/databases/database_reader.h"

namespace shorthop::test {
namespace {

namespace fs = std::filesystem;

struct Kind {
  const char* type;
  const char* suffix;
  const char* golden;  // without suffix
};
constexpr Kind kinds[] = {
    {"hash", ".db", "virtual"}, {"btree", ".db", "btree"}, {"lmdb", ".lmdb", "virtual"}, {"cdb", ".cdb", "virtual"}};

std::string golden(const std::string& name) {
  return std::string(SHORTHOP_SOURCE_DIR) + "/tests/unit/tables/golden/" + name;
}

std::shared_ptr<const Table> open_file(const Kind& kind, const std::string& path, Diagnostics& problems) {
  Backends backends;
  return open_table(std::string(kind.type) + ':' + path, SystemFiles(), backends, problems);
}

/// Whether this build supports the type: each library is optional.
bool is_built(const Kind& kind) {
  Diagnostics problems;
  if (open_file(kind, golden(kind.golden), problems)) return true;
  return !problems.at(0).what.contains("was built without");
}

std::string answer(const Table& table, std::string_view key) {
  const Lookup found = table.find(key);
  if (!found) return "failed";
  return *found ? (*found)->value : "absent";
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), static_cast<std::streamsize>(text.size()));
}

TEST_CASE("database files list their keys, and each key is found", "[tables][database]") {
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    CAPTURE(kind.type);
    Diagnostics problems;
    const auto table = open_file(kind, golden(kind.golden), problems);
    std::size_t keys = 0;
    CHECK(table->each_entry([&](std::string_view key, std::string_view, std::uint32_t line) {
      ++keys;
      CHECK(line == 0);
      CHECK(answer(*table, key) != "absent");
    }));
    CHECK(keys == table->entries());
  }
}

TEST_CASE("postmap(1): files of each type answer as their source does", "[tables][database]") {
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    INFO(kind.type);
    Diagnostics problems;
    const auto table = open_file(kind, golden(kind.golden), problems);
    REQUIRE(table);
    CHECK(problems.empty());
    CHECK(table->entries() == 4U);
    CHECK(answer(*table, "ann@example.org") == "ann@example.com");
    CHECK(answer(*table, "\"a b\"@example.org") == "\"a b\"@example.com, bob@example.com");
    CHECK(answer(*table, "@catchall.example") == "all@example.com");
    CHECK(answer(*table, "long@example.org") == "one@example.com,    two@example.com");
    CHECK(answer(*table, "ann@example.or") == "absent");
    CHECK(answer(*table, "") == "absent");
    CHECK(answer(*table, std::string("ann@example.org\0", 16)) == "absent");
  }
}

TEST_CASE("postalias(1): names are unquoted in the file, and values are lists", "[tables][database]") {
  if (!is_built(kinds[0])) return;
  Diagnostics problems;
  const auto table = open_file(kinds[0], golden("aliases"), problems);
  REQUIRE(table);
  CHECK(answer(*table, "john doe") == "john");
  CHECK(answer(*table, "postmaster") == "root");
  CHECK(shown(parse_targets(answer(*table, "list"), Dialect::local8)) ==
        "include :include:/etc/list | command \"|/usr/bin/filter --list\"");
}

TEST_CASE("a database that is missing, empty, a directory or of another type is an error", "[tables][database]") {
  const TemporaryDirectory directory;
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    INFO(kind.type);
    const auto path = (directory.path() / kind.type).string();
    Diagnostics problems;
    CHECK(open_file(kind, path, problems) == nullptr);
    CHECK(problems.at(0).error_class == ErrorClass::missing);
    CHECK(problems.at(0).origin.file == path + kind.suffix);
    write(path + kind.suffix, "");
    CHECK(open_file(kind, path, problems) == nullptr);
    CHECK(problems.at(1).error_class == ErrorClass::data);
    write(path + kind.suffix, "# a text\nann@example.org bob\n");
    CHECK(open_file(kind, path, problems) == nullptr);
    write(path + kind.suffix, std::string(20'000, '\0'));
    open_file(kind, path, problems);  // tinycdb takes zeros for an empty table; what matters is that the call returns
    fs::remove(path + kind.suffix);
    fs::create_directory(path + kind.suffix);
    CHECK(open_file(kind, path, problems) == nullptr);
    CHECK(problems.back().what.contains("is a directory"));
    CHECK(problems.back().fix.empty());
    CHECK(problems.back().error_class == ErrorClass::data);
    fs::remove(path + kind.suffix);
  }
}

TEST_CASE("the advice about a file depends on why it cannot be opened", "[tables][database]") {
  const TemporaryDirectory directory;
  const auto problem = [](const std::string& table) {
    Diagnostics problems;
    Backends backends;
    CHECK(open_table(table, SystemFiles(), backends, problems) == nullptr);
    return problems.at(0);
  };
  for (const std::string type : {"hash", "text"}) {
    if (type == "hash" && !is_built(kinds[0])) continue;
    INFO(type);
    const std::string path = directory.path() / type;
    const std::string file = type == "hash" ? path + kinds[0].suffix : path;
    CHECK(problem(type + ":" + path).fix.contains("correct the path"));
    CHECK(problem(type + ":" + path).error_class == ErrorClass::missing);
    write(file, "x");
    REQUIRE(::truncate(file.c_str(), (off_t{1} << 31) + 1) == 0);  // a sparse file
    CHECK(problem(type + ":" + path).what.contains("larger than 2 GiB"));
    CHECK(problem(type + ":" + path).fix.empty());
    CHECK(problem(type + ":" + path).error_class == ErrorClass::data);
    write(file, "x");
    fs::permissions(file, fs::perms::none);
    if (::geteuid() == 0) continue;  // root may read it
    CHECK(problem(type + ":" + path).fix.contains("let this user read"));
    CHECK(problem(type + ":" + path).error_class == ErrorClass::missing);
  }
}

TEST_CASE("a record of a cdb file that points back to itself is an error, not an endless table", "[tables][database]") {
  if (!is_built(kinds[3])) return;
  const TemporaryDirectory directory;
  const std::string seed = contents(std::string(SHORTHOP_SOURCE_DIR) + "/tests/fuzz/corpus/databases/cdb_circle");
  REQUIRE(seed.size() > 1);
  write(directory.path() / "circle.cdb", std::string_view(seed).substr(1));
  Diagnostics problems;
  CHECK(open_file(kinds[3], (directory.path() / "circle").string(), problems) == nullptr);
  CHECK(has_error(problems));
}

TEST_CASE("a hash: file cannot be opened as btree:, nor a btree: file as hash:", "[tables][database]") {
  if (!is_built(kinds[0])) return;
  Diagnostics problems;
  Backends backends;
  CHECK(open_table("btree:" + golden("virtual"), SystemFiles(), backends, problems) == nullptr);
  CHECK(open_table("hash:" + golden("btree"), SystemFiles(), backends, problems) == nullptr);
  CHECK(problems.size() == 2);
}

TEST_CASE("a table does not change when its file is rewritten or truncated", "[tables][database]") {
  const TemporaryDirectory directory;
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    INFO(kind.type);
    const auto path = (directory.path() / kind.type).string();
    fs::copy_file(golden(kind.golden) + kind.suffix, path + kind.suffix);
    Diagnostics problems;
    const auto table = open_file(kind, path, problems);
    REQUIRE(table);
    write(path + kind.suffix, "");
    CHECK(answer(*table, "ann@example.org") == "ann@example.com");
  }
}

TEST_CASE("myflock.c: a file that postmap(1) keeps locked is a temporary failure", "[tables][database]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "t.cdb";
  write(path, "x");
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(file >= 0);
  struct flock whole{};
  whole.l_type = F_WRLCK;
  for (const bool by_flock : {true, false}) {
    INFO((by_flock ? "flock, as for hash:" : "fcntl, as for lmdb:"));
    REQUIRE((by_flock ? ::flock(file, LOCK_EX) : ::fcntl(file, F_OFD_SETLK, &whole)) == 0);
    const auto locked = DatabaseCopy::make(path, std::chrono::milliseconds(50));
    REQUIRE_FALSE(locked);
    CHECK(locked.error().error_class == ErrorClass::temporary);
    if (by_flock) REQUIRE(::flock(file, LOCK_UN) == 0);
  }
  ::close(file);
  const auto copy = DatabaseCopy::make(path, std::chrono::milliseconds(50));
  REQUIRE(copy);
  CHECK(copy->bytes() == "x");
}

/// Opens a file with these damaged bytes: the calls must return, with a table or an error.
void try_damaged(const Kind& kind, const std::string& path, const std::string& bytes) {
  write(path + kind.suffix, bytes);
  Diagnostics problems;
  const auto table = open_file(kind, path, problems);
  REQUIRE((table == nullptr) == has_error(problems));
  if (table) answer(*table, "ann@example.org");
}

TEST_CASE("a database with any bytes changed gives a table or an error", "[tables][database][damaged]") {
  const TemporaryDirectory directory;
  RandomText random(11);
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    INFO(kind.type);
    const std::string whole = contents(golden(kind.golden) + kind.suffix);
    const auto path = (directory.path() / kind.type).string();
    for (int i = 0; i < 400; ++i) {
      std::string bytes = whole;
      for (std::size_t k = 0; k <= random.below(8); ++k) {
        // Most of the file is empty: prefer places with data.
        std::size_t place = random.below(bytes.size());
        for (int tries = 0; tries < 20 && bytes[place] == '\0'; ++tries) place = random.below(bytes.size());
        bytes[place] = static_cast<char>(random.below(256));
      }
      try_damaged(kind, path, bytes);
    }
  }
}

TEST_CASE("a database with a block of zeros, as after a power failure, is an error or has every entry",
          "[tables][database][damaged]") {
  const TemporaryDirectory directory;
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    INFO(kind.type);
    const std::string whole = contents(golden(kind.golden) + kind.suffix);
    const auto path = (directory.path() / kind.type).string();
    Diagnostics problems;
    const auto intact = open_file(kind, golden(kind.golden), problems);
    REQUIRE(intact);
    const std::size_t block = std::string_view(kind.type) == "cdb" ? 64 : 4096;  // the others have pages
    for (std::size_t place = 0; place < whole.size(); place += block) {
      INFO(place);
      std::string bytes = whole;
      bytes.replace(place, block, std::min(block, whole.size() - place), '\0');
      write(path + kind.suffix, bytes);
      const auto table = open_file(kind, path, problems);
      if (!table) continue;
      intact->each_entry(
          [&](std::string_view key, std::string_view value, std::uint32_t) { CHECK(answer(*table, key) == value); });
    }
  }
}

TEST_CASE("a database truncated at any length gives a table or an error", "[tables][database][damaged]") {
  const TemporaryDirectory directory;
  for (const Kind& kind : kinds) {
    if (!is_built(kind)) continue;
    INFO(kind.type);
    const std::string whole = contents(golden(kind.golden) + kind.suffix);
    const auto path = (directory.path() / kind.type).string();
    for (std::size_t size = 0; size < whole.size(); size += 173) try_damaged(kind, path, whole.substr(0, size));
  }
}

}  // namespace
}  // namespace shorthop::test
