// mysql: and pgsql: tables. They differ in how a table file names servers, and in the module that asks them.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tables/table.h"
#include "tables/text/server_items.h"
#include "tables/text/table_file.h"
#include "tables/types.h"
#include "tables/types/sql/sql_client.h"

namespace shorthop {

/// The properties of one type.
struct SqlDialect {
  std::string_view module;   ///< NAME, also the name of the type; the package is shorthop-NAME
  std::string_view charset;  ///< the parameter for the character set of a connection
  /// The character sets that newer and older versions of Postfix use without that parameter.
  std::string_view newer_charset, older_charset;
  /// The parameter that names a function instead of a query; empty: there is none.
  std::string_view function_parameter;
  /// The parameter that says whether an answer without a result set is a failure; empty: it is not.
  std::string_view result_set_parameter;
  /// The error is a sentence.
  std::function<std::expected<SqlServer, std::string>(const ServerItem& item)> parse_server;
};

/// The table. This host's postmap(1) is asked if the table's parameters are in main.cf, if one of them is not known
/// here, or if the module is not installed or cannot be used.
std::shared_ptr<const Table> open_sql_servers(const OpenRequest& request, const SqlDialect& dialect);

}  // namespace shorthop
