// Changes a table file of the primary so that this host can ask the same database: by another host, path or login.
// No I/O except through FindPath and FileReader.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "settings/settings.h"
#include "system/file_reader.h"
#include "tables/text/table_file.h"

namespace shorthop {

/// The settings of the relay file for the primary's databases.
struct TableOverrides {
  std::vector<Override> hosts;   ///< host-override
  std::vector<Override> paths;   ///< path-override
  TableParameters parameters{};  ///< table-parameters: the login of this host
};

/// Whether the file that table-parameters names may have this parameter, for tables of at least one type.
bool is_own_parameter(std::string_view name);

/// The path on this host of a file of the primary; nullopt: it was not copied.
using FindPath = std::function<std::optional<std::string>(const std::string& path)>;

/// A table file for this host.
struct AdaptedTableFile {
  std::string text;
  /// Its parameter `domain` names tables of the primary, by their names there; the caller opens them from the mirror.
  bool names_tables_of_primary = false;
  bool copies_database = false;  ///< OpenOptions::copies_database
};

/// The table file for this host. `files` reads the list files of the primary. The error says why the database must not
/// be asked from here: for example, "localhost" or a socket of the primary would lead to another database here.
std::expected<AdaptedTableFile, std::string> adapt_table_file(std::string_view type, std::string_view table_file,
                                                              const TableOverrides& overrides,
                                                              const FindPath& find_path, const FileReader& files);

}  // namespace shorthop
