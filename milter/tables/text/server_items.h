// The servers that a table file names: `hosts` (mysql_table(5), pgsql_table(5)) and `server_host` (ldap_table(5)).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shorthop {

/// One server: a host, a socket or a URI. A URI may have a password, so messages use only shown().
class ServerItem {
 public:
  explicit ServerItem(std::string item) : item_(std::move(item)) {}

  /// As written, for a client library.
  const std::string& with_login() const { return item_; }
  /// For messages: a URI without user, password and parameters. If it is not certain where a password ends, only the
  /// scheme is shown.
  std::string shown() const;

 private:
  std::string item_;
};

/// The items of the parameter's value. A value without items means localhost, as in Postfix (global/dict_mysql.c,
/// global/dict_pgsql.c).
std::vector<ServerItem> server_items(std::string_view value);

}  // namespace shorthop
