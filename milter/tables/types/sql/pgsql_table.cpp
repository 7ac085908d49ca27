// pgsql: tables (PostgreSQL): the parameters that only they have.
// Source: pgsql_table(5), Postfix global/dict_pgsql.c.
#include "system/endpoint.h"
#include "tables/types.h"
#include "tables/types/sql/sql_server_table.h"

namespace shorthop {
namespace {

/// A URI, the directory of a UNIX socket, or a host with or without a port (host_init()).
std::expected<SqlServer, std::string> parse_pgsql_server(const ServerItem& item) {
  SqlServer server{.name = item.shown(), .uri = {}, .host = {}, .port = {}, .socket = {}};
  std::string_view rest = item.with_login();
  if (rest.starts_with("postgresql:")) {
    server.uri = rest;
    return server;
  }
  if (rest.starts_with("unix:") || rest.starts_with("inet:")) rest.remove_prefix(5);
  if (rest.starts_with('/')) {
    server.socket = rest;
    return server;
  }
  auto split = HostAndPort::parse(rest);
  if (!split) return std::unexpected("it is not HOST or HOST:PORT");
  server.host = std::move(split->host);
  if (split->port != 0) server.port = std::to_string(split->port);
  return server;
}

}  // namespace

std::shared_ptr<const Table> open_pgsql(const OpenRequest& request) {
  return open_sql_servers(request, {.module = "pgsql",
                                    .charset = "encoding",
                                    .newer_charset = "UTF8",
                                    .older_charset = "LATIN1",
                                    .function_parameter = "select_function",
                                    .result_set_parameter = {},
                                    .parse_server = parse_pgsql_server});
}

}  // namespace shorthop
