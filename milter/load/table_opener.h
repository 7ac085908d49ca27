// Opens each table once, even if several settings name it. Reports tables that cannot be opened.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/settings.h"
#include "system/file_reader.h"
#include "tables/open.h"
#include "tables/table.h"
#include "tables/table_name.h"
#include "tables/text/text_table.h"
#include "text/diagnostic.h"

namespace shorthop {

class Backends;

class TableOpener {
 public:
  TableOpener(const FileReader& files, Backends& backends) : files_(files), backends_(backends) {}

  /// The tables of a setting. A table that cannot be opened is replaced by one that fails every look-up, and is
  /// reported in `problems`, at the setting.
  TableList open(const LocatedTables& names, TextFormat format, Diagnostics& problems);
  /// One of the tables that the setting names.
  std::shared_ptr<const Table> open_one(const TableName& table, const LocatedTables& setting, TextFormat format,
                                        Diagnostics& problems);

  /// Sets the function that open_or_fail() asks for the table that this host's Postfix reads in place of another.
  using Redirect = std::function<std::expected<TableName, std::string>(const TableName& table)>;
  void redirect_with(Redirect redirect) { redirect_ = std::move(redirect); }

  /// As open(), for a parameter of this host's Postfix: a problem is a warning that names the parameter.
  TableList open_or_fail(std::string_view parameter, const std::vector<std::string>& names, Diagnostics& warnings);

  /// Opens one table; null if it cannot be opened. Its problems are warnings.
  std::shared_ptr<const Table> open_or_null(const std::string& name, TextFormat format, Diagnostics& warnings);

  /// As open_or_null(), for a live table; `options` has the text that is used instead of its file.
  std::shared_ptr<const Table> open_instead(const TableName& table, OpenOptions options, Diagnostics& warnings);

  /// The live tables that were opened.
  const std::vector<std::shared_ptr<const Table>>& live_tables() const { return live_tables_; }

 private:
  std::shared_ptr<const Table> opened(const std::string& name, TextFormat format, Diagnostics& problems,
                                      OpenOptions options = {});
  std::shared_ptr<const Table> failing(const std::string& name, TextFormat format, const Diagnostics& problems,
                                       FailureKind otherwise);
  void keep(const std::string& name, TextFormat format, const std::shared_ptr<const Table>& table);
  std::string redirected_name(const std::string& name, Diagnostics& problems) const;

  const FileReader& files_;
  Backends& backends_;
  Redirect redirect_;
  std::map<std::pair<std::string, TextFormat>, std::shared_ptr<const Table>> tables_;
  std::vector<std::shared_ptr<const Table>> live_tables_;
};

}  // namespace shorthop
