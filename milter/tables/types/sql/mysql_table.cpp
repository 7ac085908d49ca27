// mysql: tables (MySQL, MariaDB): the parameters that only they have.
// Source: mysql_table(5), Postfix global/dict_mysql.c.
#include "system/endpoint.h"
#include "tables/types.h"
#include "tables/types/sql/sql_server_table.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// "unix:PATH", or a host with or without "inet:" and ":PORT" (host_init()). An IPv6 address with a port is in
/// brackets, which Postfix does not know.
std::expected<SqlServer, std::string> parse_mysql_server(const ServerItem& item) {
  SqlServer server{.name = item.shown(), .uri = {}, .host = {}, .port = {}, .socket = {}};
  std::string_view rest = item.with_login();
  if (rest.starts_with("unix:")) {
    server.socket = rest.substr(5);
    if (server.socket.empty()) return std::unexpected("there is no path");
    return server;
  }
  if (rest.starts_with("inet:")) rest.remove_prefix(5);
  auto split = HostAndPort::parse(rest);
  if (!split) return std::unexpected("it is not HOST or HOST:PORT");
  // For "localhost", "inet:localhost" and "localhost:PORT", the client library uses the UNIX socket of its settings.
  if (folded(split->host) == "localhost") return server;
  server.host = std::move(split->host);
  if (split->port != 0) server.port = std::to_string(split->port);
  return server;
}

}  // namespace

std::shared_ptr<const Table> open_mysql(const OpenRequest& request) {
  return open_sql_servers(request, {.module = "mysql",
                                    .charset = "charset",
                                    .newer_charset = "utf8mb4",
                                    .older_charset = "latin1",
                                    .function_parameter = {},
                                    .result_set_parameter = "require_result_set",
                                    .parse_server = parse_mysql_server});
}

}  // namespace shorthop
