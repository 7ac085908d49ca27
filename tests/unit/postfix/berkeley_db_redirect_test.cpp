// The types by which a Postfix without Berkeley DB reads hash: and btree: tables.
#include "postfix/berkeley_db_redirect.h"

#include <map>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using RedirectValues = std::map<std::string, std::string, std::less<>>;

std::string redirected(std::string_view table, const RedirectValues& values) {
  const auto read =
      redirect_berkeley_db(*TableName::parse(table), [&](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::string();
        return found->second == "$unknown" ? std::nullopt : std::optional(found->second);
      });
  return read ? read->text() : "unknown: " + read.error();
}

}  // namespace

TEST_CASE("NON_BERKELEYDB_README: hash: and btree: are read as the types of two parameters", "[postfix]") {
  const RedirectValues on = {{"non_bdb_migration_level", "enable-redirect"},
                             {"default_database_type", "cdb"},
                             {"default_cache_db_type", "lmdb"}};
  CHECK(redirected("hash:/etc/aliases", on) == "cdb:/etc/aliases");
  CHECK(redirected("btree:/etc/aliases", on) == "lmdb:/etc/aliases");
  CHECK(redirected("lmdb:/etc/aliases", on) == "lmdb:/etc/aliases");
  CHECK(redirected("hash:/etc/aliases", {}) == "hash:/etc/aliases");
  CHECK(redirected("hash:/etc/aliases", {{"non_bdb_migration_level", "disable"}, {"default_database_type", "lmdb"}}) ==
        "hash:/etc/aliases");
}

TEST_CASE("a type that replaces hash: and is not known is an error", "[postfix]") {
  const RedirectValues level = {{"non_bdb_migration_level", "enable-reindex"}};
  CHECK(redirected("hash:/x", level).starts_with("unknown: non_bdb_migration_level is enable-reindex"));
  RedirectValues custom = {{"default_database_type", "lmdb"}, {"non_bdb_custom_mapping", "x"}};
  custom.insert(level.begin(), level.end());
  CHECK(redirected("hash:/x", custom) == "unknown: non_bdb_custom_mapping is not followed");
  CHECK(redirected("cdb:/x", custom) == "cdb:/x");
  for (const char* name : {"non_bdb_migration_level", "non_bdb_custom_mapping", "default_database_type"}) {
    RedirectValues values = {{"default_database_type", "lmdb"}};
    values.insert(level.begin(), level.end());
    values[name] = "$unknown";
    INFO(name);
    CHECK(redirected("hash:/x", values).starts_with("unknown: "));
  }
}

}  // namespace shorthop::test
