#include "postfix/berkeley_db_redirect.h"

#include <fmt/format.h>

#include "text/ascii.h"

namespace shorthop {

std::expected<TableName, std::string> redirect_berkeley_db(const TableName& table, const PostfixValue& value_of) {
  const bool is_hash = table.type == "hash";
  if (!is_hash && table.type != "btree") return table;
  const auto trimmed_value = [&](const char* name) {
    const auto value = value_of(name);
    return value ? std::optional(std::string(trimmed(*value))) : std::nullopt;
  };
  const auto level = trimmed_value("non_bdb_migration_level");
  if (!level) return std::unexpected("non_bdb_migration_level is not known");
  if (level->empty() || *level == "disable") return table;
  if (trimmed_value("non_bdb_custom_mapping") != "") return std::unexpected("non_bdb_custom_mapping is not followed");
  const char* const parameter = is_hash ? "default_database_type" : "default_cache_db_type";
  std::string type = trimmed_value(parameter).value_or(std::string());
  if (type.empty() || type == "hash" || type == "btree") {
    return std::unexpected(fmt::format("non_bdb_migration_level is {}, but {} does not say what replaces {}:",
                                       printable(*level, 40), parameter, table.type));
  }
  return TableName{std::move(type), table.name};
}

}  // namespace shorthop
