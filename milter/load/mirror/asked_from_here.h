// The table file of a database that the primary asks, made into one by which this host asks the same database: other
// hosts, paths and credentials. No I/O.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "settings/settings.h"
#include "tables/text/table_file.h"

namespace shorthop {

/// What the relay file says about the primary's databases.
struct TableOverrides {
  std::vector<Override> hosts;   ///< host-override
  std::vector<Override> paths;   ///< path-override
  TableParameters parameters{};  ///< table-parameters: credentials of this host
};

/// Where a file of the primary is on this host; nothing: it was not copied.
using FindPath = std::function<std::optional<std::string>(const std::string& path)>;

/// The text of the table file for this host, or why the database must not be asked from here: "localhost" and sockets
/// are those of the primary, and would be answered by another database.
std::expected<std::string, std::string> asked_from_here(std::string_view type, std::string_view table_file,
                                                        const TableOverrides& overrides, const FindPath& find_path);

}  // namespace shorthop
