// Matches the primary's tables with the copies named in a relay file. No I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tables/table_name.h"

namespace shorthop {

/// Whether the name of the table contains all its data, so no copy is needed: "inline:{ a=b }", "regexp:{ {/x/ y} }".
bool is_whole_in_name(const TableName& table);

/// One table of the primary's list.
struct ListedTable {
  std::string primary_name;       ///< "hash:/etc/postfix/virtual", as the primary names it, without proxy:
  std::optional<TableName> copy;  ///< the table to open here; absent: there is no copy
};

struct ListedTables {
  std::vector<ListedTable> tables;   ///< in the order of the primary's list
  std::vector<TableName> left_over;  ///< copies that match no table of the list
};

/// Finds the copy of each table of `primary` (an expanded `*_maps` value as a list) among `copies`. A copy has the file
/// name of the original, in any directory. A text or database file matches a text or database file of any type; other
/// types match only the same type. If several of the primary's tables have the same file name, there must be as many
/// copies, in the same order.
ListedTables match_copies(const std::vector<std::string>& primary, const std::vector<TableName>& copies);

}  // namespace shorthop
