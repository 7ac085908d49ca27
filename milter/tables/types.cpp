#include "tables/types.h"

#include <algorithm>
#include <array>

namespace shorthop {
namespace {

constexpr std::array rows = {
    TableType{.name = "text",
              .open = open_text,
              .has_path = true,
              .meaning = "the source text itself, so that every decision can name its line: aliases(5) under "
                         "`alias-maps`, virtual(5) under `virtual-alias-maps`, the first word of each line under "
                         "`local-recipients` and `mailboxes`."},
    TableType{.name = "texthash",
              .open = open_text,
              .has_path = true,
              .is_listable = true,
              .own_format = TextFormat::texthash,
              .meaning = "a text file of keys and values, as virtual(5) writes them, whatever setting names it."},
    TableType{.name = "inline",
              .open = open_inline,
              .is_listable = true,
              .meaning = "the table itself: `inline:{ {KEY=VALUE}, {KEY=VALUE} }`."},
    TableType{.name = "static", .open = open_static, .meaning = "the rest of the name is the value of every key."},
    TableType{.name = "unix",
              .open = open_unix,
              .is_live = true,
              .meaning = "`unix:passwd.byname` and `unix:group.byname`: the users and groups of this host."},
    TableType{.name = "hash",
              .open = open_hash,
              .has_path = true,
              .suffix = ".db",
              .is_listable = true,
              .meaning = "a Berkeley DB hash file that postmap(1) or postalias(1) made; the path is without `.db`."},
    TableType{.name = "btree",
              .open = open_btree,
              .has_path = true,
              .suffix = ".db",
              .is_listable = true,
              .meaning = "a Berkeley DB btree file that postmap(1) or postalias(1) made; the path is without `.db`."},
    TableType{.name = "lmdb",
              .open = open_lmdb,
              .has_path = true,
              .suffix = ".lmdb",
              .is_listable = true,
              .meaning = "an LMDB file that postmap(1) or postalias(1) made; the path is without `.lmdb`."},
    TableType{.name = "cdb",
              .open = open_cdb,
              .has_path = true,
              .suffix = ".cdb",
              .meaning = "a tinycdb file that postmap(1) or postalias(1) made; the path is without `.cdb`."},
    // Not read: their paths are made absolute all the same, and a primary's list may name them.
    TableType{.name = "dbm", .has_path = true, .suffix = ".pag", .is_listable = true},
    TableType{.name = "sdbm", .has_path = true, .suffix = ".pag", .is_listable = true},
    TableType{.name = "pcre", .has_path = true, .is_pattern = true},
    TableType{.name = "regexp", .has_path = true, .is_pattern = true},
    TableType{.name = "cidr", .has_path = true, .is_pattern = true},
    TableType{.name = "ldap", .has_path = true, .is_live = true},
    TableType{.name = "mysql", .has_path = true, .is_live = true},
    TableType{.name = "pgsql", .has_path = true, .is_live = true},
    TableType{.name = "sqlite", .has_path = true, .is_live = true},
};

}  // namespace

std::span<const TableType> table_types() { return rows; }

const TableType* find_table_type(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &TableType::name);
  return found == rows.end() ? nullptr : &*found;
}

std::string supported_table_types() {
  std::string names;
  for (const TableType& type : rows) {
    if (type.open != nullptr) names.append(names.empty() ? "" : ", ").append(type.name);
  }
  return names;
}

std::optional<std::string> file_of_table(const TableName& table) {
  const TableType* type = find_table_type(table.type);
  if (type == nullptr || type->open == nullptr || !type->has_path) return std::nullopt;
  return table.name + std::string(type->suffix);
}

}  // namespace shorthop
