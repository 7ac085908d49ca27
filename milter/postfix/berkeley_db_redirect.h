// For a Postfix without Berkeley DB: the table type that it uses in place of hash: and btree:. Source:
// NON_BERKELEYDB_README and postfix-non-bdb(1) of Postfix 3.11. No I/O.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tables/table_name.h"

namespace shorthop {

/// The expanded value of a parameter, empty if it is not set; nullopt: it is not known.
using PostfixValue = std::function<std::optional<std::string>(std::string_view name)>;

/// The table that Postfix reads under this name. With non_bdb_migration_level = enable-redirect or enable-reindex, it
/// reads "hash:/etc/aliases" from /etc/aliases.lmdb, and an older /etc/aliases.db is out of date. The error says why
/// the type is not known.
std::expected<TableName, std::string> redirect_berkeley_db(const TableName& table, const PostfixValue& value_of);

}  // namespace shorthop
