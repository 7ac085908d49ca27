// The rows of the table types, and what other folders ask about them.
#include "tables/types.h"

#include <algorithm>
#include <set>

#include "support/table_texts.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

/// All files have the same text and time. Records which files were asked for their time.
class DatedFiles final : public FileReader {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path&) const override { return "a@x b@x\n"; }
  FileStamp stamp(const std::filesystem::path& path) const override {
    stamped.insert(path.string());
    FileStamp stamp;
    stamp.exists = stamp.is_regular = true;
    stamp.modified = FileStamp::Time(std::chrono::hours(4711));
    return stamp;
  }
  mutable std::set<std::string> stamped;
};

}  // namespace

TEST_CASE("DATABASE_README: a name of a table is cut at its first colon, and proxy: is dropped", "[tables][types]") {
  CHECK(TableName::parse("proxy:proxy:hash:/etc/a:b") == TableName{"hash", "/etc/a:b"});
  CHECK(TableName::parse("static:")->name.empty());
  CHECK_FALSE(TableName::parse("/etc/aliases"));
  CHECK_FALSE(TableName::parse("proxy:"));
  CHECK(origin_file_of("hash:/etc/a") == "/etc/a");
  CHECK(origin_file_of("/home/ann/.forward") == "/home/ann/.forward");
}

TEST_CASE("each type has one row, and a type that shorthop reads has a description", "[tables][types]") {
  std::set<std::string_view> names;
  for (const TableType& type : table_types()) {
    INFO(type.name);
    CHECK(names.insert(type.name).second);
    CHECK((type.open == nullptr) == type.meaning.empty());
    CHECK(find_table_type(type.name) == &type);
    if (!type.suffix.empty()) CHECK(type.has_path);
  }
  CHECK(find_table_type("netinfo") == nullptr);
  CHECK(supported_table_types().starts_with("text, texthash, inline, static, unix, hash, btree, lmdb, cdb, "));
}

TEST_CASE("the file of a table has the suffix of its type", "[tables][types]") {
  CHECK(file_of_table({"hash", "/etc/v"}) == "/etc/v.db");
  CHECK(file_of_table({"lmdb", "/etc/v"}) == "/etc/v.lmdb");
  CHECK(file_of_table({"text", "/etc/v"}) == "/etc/v");
  CHECK(file_of_table({"unix", "passwd.byname"}) == std::nullopt);
  CHECK(file_of_table({"tcp", "localhost:1"}) == std::nullopt);
  CHECK(file_of_table({"mysql", "/etc/v.cf"}) == "/etc/v.cf");
  CHECK(file_of_table({"ldap", "ldapvirtual"}) == std::nullopt);  // its parameters are in main.cf
}

TEST_CASE("a table that was read knows when its file changed; a live one has no such time", "[tables][types]") {
  const DatedFiles files;
  Backends backends;
  Diagnostics problems;
  const auto changed = [&](std::string_view name) { return open_table(name, files, backends, problems)->changed(); };
  CHECK(changed("text:/v") == FileStamp::Time(std::chrono::hours(4711)));
  CHECK(changed("texthash:/w") == FileStamp::Time(std::chrono::hours(4711)));
  CHECK_FALSE(changed("inline:{ a=b }"));
  CHECK_FALSE(changed("static:x"));
  CHECK_FALSE(changed("unix:passwd.byname"));
  CHECK(files.stamped == std::set<std::string>{"/v", "/w"});
}

TEST_CASE("all unix: tables of one name share their look-ups, also after a reload", "[tables][types]") {
  Backends backends;
  const auto ask = [](const std::string&) -> Lookup { return std::nullopt; };
  const auto first = backends.lookups("unix:passwd.byname", ask);
  CHECK(backends.lookups("unix:passwd.byname", ask) == first);
  CHECK(backends.lookups("unix:group.byname", ask) != first);
  const MapFiles files;
  Diagnostics problems;
  const auto users = first.use_count();
  const auto table = open_table("unix:passwd.byname", files, backends, problems);
  CHECK(first.use_count() == users + 1);
}

}  // namespace shorthop::test
