#include "postfix/berkeley_db_redirect.h"

#include <fmt/format.h>

#include "text/ascii.h"

namespace shorthop {

std::expected<TableName, std::string> redirect_berkeley_db(const TableName& table, const PostfixValue& value_of) {
  const bool is_hash = table.type == "hash";
  if (!is_hash && table.type != "btree") return table;
  const auto value = [&](const char* name) { return std::string(trimmed(value_of(name).value_or(std::string()))); };
  const std::string level = value("non_bdb_migration_level");
  if (level.empty() || level == "disable") return table;
  if (!value("non_bdb_custom_mapping").empty()) return std::unexpected("non_bdb_custom_mapping is not followed");
  const char* const parameter = is_hash ? "default_database_type" : "default_cache_db_type";
  std::string type = value(parameter);
  if (type.empty() || type == "hash" || type == "btree") {
    return std::unexpected(fmt::format("non_bdb_migration_level is {}, but {} does not say what replaces {}:",
                                       printable(level, 40), parameter, table.type));
  }
  return TableName{std::move(type), table.name};
}

}  // namespace shorthop
