#include "load/copied_tables.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tables/open.h"

namespace shorthop {
namespace {

std::string_view type_of(std::string_view table) { return table.substr(0, table.find(':')); }

std::string_view file_name_of(std::string_view table) {
  return table.substr(std::max(table.rfind('/') + 1, table.find(':') + 1));
}

/// The table is its own data.
bool is_self_contained(std::string_view table) { return type_of(table) == "inline" || type_of(table) == "static"; }

/// Types that hold the lines of a text as they are (DATABASE_README).
bool is_indexed_text(std::string_view type) {
  constexpr std::array<std::string_view, 8> types = {"text", "texthash", "hash", "btree", "lmdb", "cdb", "dbm", "sdbm"};
  return std::ranges::find(types, type) != types.end();
}

bool is_copy_of(std::string_view copy, std::string_view table) {
  if (is_self_contained(table)) return copy == table;
  if (!copy.contains('/') || file_name_of(copy) != file_name_of(table)) return false;
  return type_of(copy) == type_of(table) || (is_indexed_text(type_of(copy)) && is_indexed_text(type_of(table)));
}

std::vector<std::string> copies_of(std::string_view table, const std::vector<std::string>& copies) {
  std::vector<std::string> found;
  std::ranges::copy_if(copies, std::back_inserter(found), [&](const auto& copy) { return is_copy_of(copy, table); });
  return found;
}

}  // namespace

ListedTables match_copies(const std::vector<std::string>& primary, const std::vector<std::string>& copies) {
  ListedTables result;
  for (const std::string& written : primary) {
    const std::string_view table = without_proxy(written);
    ListedTable listed{std::string(table), {}};
    const auto is_alike = [&](const auto& other) { return file_name_of(without_proxy(other)) == file_name_of(table); };
    const auto alike = static_cast<std::size_t>(std::ranges::count_if(primary, is_alike));
    const auto before = static_cast<std::size_t>(std::ranges::count_if(
        result.tables, [&](const ListedTable& earlier) { return is_alike(earlier.primary_name); }));
    const std::vector<std::string> found = copies_of(table, copies);
    if (is_self_contained(table)) {
      listed.name = table;
    } else if (found.size() == alike) {
      listed.name = found[before];
    }
    result.tables.push_back(std::move(listed));
  }
  for (const std::string& copy : copies) {
    const bool is_used =
        std::ranges::any_of(primary, [&](const auto& table) { return is_copy_of(copy, without_proxy(table)); });
    if (!is_used) result.left_over.push_back(copy);
  }
  return result;
}

}  // namespace shorthop
