#include "load/copied_tables.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "tables/types.h"

namespace shorthop {
namespace {

std::string_view file_name_of(const TableName& table) {
  return std::string_view(table.name).substr(table.name.rfind('/') + 1);
}

bool holds_entries(const TableName& table) {
  const TableType* type = find_table_type(table.type);
  return type != nullptr && type->holds_entries();
}

bool is_copy_of(const TableName& copy, const TableName& table) {
  if (is_whole_in_name(table)) return copy == table;
  if (!copy.name.contains('/') || file_name_of(copy) != file_name_of(table)) return false;
  return copy.type == table.type || (holds_entries(copy) && holds_entries(table));
}

std::vector<TableName> copies_of(const TableName& table, const std::vector<TableName>& copies) {
  std::vector<TableName> found;
  std::ranges::copy_if(copies, std::back_inserter(found), [&](const auto& copy) { return is_copy_of(copy, table); });
  return found;
}

/// Parses a list of table names. A text that is not a table name gets an empty name, which matches no copy.
std::vector<TableName> names_in(const std::vector<std::string>& list) {
  std::vector<TableName> names;
  for (const std::string& text : list) names.push_back(TableName::parse(text).value_or(TableName{text, {}}));
  return names;
}

}  // namespace

bool is_whole_in_name(const TableName& table) {
  const TableType* type = find_table_type(table.type);
  // The name may contain the patterns (pcre_table(5), "INLINE SPECIFICATION").
  return type != nullptr && (type->is_its_own_data() || (type->is_pattern && table.name.starts_with('{')));
}

ListedTables match_copies(const std::vector<std::string>& primary, const std::vector<TableName>& copies) {
  ListedTables result;
  const std::vector<TableName> listed = names_in(primary);
  for (auto table = listed.begin(); table != listed.end(); ++table) {
    const auto is_alike = [&](const TableName& other) { return file_name_of(other) == file_name_of(*table); };
    const auto alike = static_cast<std::size_t>(std::ranges::count_if(listed, is_alike));
    const auto before = static_cast<std::size_t>(std::count_if(listed.begin(), table, is_alike));
    const std::vector<TableName> found = copies_of(*table, copies);
    std::optional<TableName> copy;
    if (is_whole_in_name(*table)) {
      copy = *table;
    } else if (found.size() == alike) {
      copy = found[before];
    }
    result.tables.push_back({table->text(), std::move(copy)});
  }
  for (const TableName& copy : copies) {
    const bool is_used = std::ranges::any_of(listed, [&](const auto& table) { return is_copy_of(copy, table); });
    if (!is_used) result.left_over.push_back(copy);
  }
  return result;
}

}  // namespace shorthop
