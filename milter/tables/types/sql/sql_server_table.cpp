#include "tables/types/sql/sql_server_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tables/types/backends.h"
#include "tables/types/module.h"
#include "tables/types/sql/sql_query.h"
#include "tables/types/sql/sql_servers.h"
#include "tables/types/without_module.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// What a table file says about its servers.
struct ServerParameters {
  SqlSource source;
  std::vector<std::string> charsets;  ///< those that the primary's Postfix may use on a connection
  bool requires_result_set = true;
};

FailureKind kind_of(SqlFailure::Kind kind) {
  switch (kind) {
    case SqlFailure::Kind::late: return FailureKind::timeout;
    case SqlFailure::Kind::broken:
    case SqlFailure::Kind::refused: return FailureKind::unavailable;
    case SqlFailure::Kind::bad_data: return FailureKind::bad_data;
  }
  return FailureKind::unavailable;
}

bool has_only_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class SqlServerTable final : public SqlTable {
 public:
  /// `by_charset`: the same servers, once for each possible character set.
  SqlServerTable(const OpenRequest& request, std::string_view parameters, SqlQuery query,
                 std::vector<std::shared_ptr<SqlServers>> by_charset, bool requires_result_set)
      : SqlTable(request, parameters, std::move(query)),
        by_charset_(std::move(by_charset)),
        requires_result_set_(requires_result_set) {}

 private:
  /// If the table file gives no character set, the one in use depends on the version of the primary's Postfix, which is
  /// not known here. Then an answer is used only if it is the same with each character set.
  Lookup ask(const std::string& key, Deadline deadline) const override {
    Lookup answer = ask_in(*by_charset_.front(), key, deadline);
    if (!answer || by_charset_.size() == 1) return answer;
    if (has_only_ascii(key) && (!*answer || has_only_ascii((*answer)->value))) return answer;
    const Lookup other = ask_in(*by_charset_.back(), key, deadline);
    if (!other && other.error().kind != FailureKind::bad_data) return other;
    if (other && value_of(*other) == value_of(*answer)) return answer;
    return std::unexpected(
        LookupFailure{"the answer depends on the character set of the connection, which the table file does not say",
                      FailureKind::bad_data});
  }

  static std::optional<std::string_view> value_of(const std::optional<Entry>& entry) {
    return entry ? std::optional<std::string_view>(entry->value) : std::nullopt;
  }

  Lookup ask_in(SqlServers& servers, const std::string& key, Deadline deadline) const {
    std::optional<Lookup> answer;
    const auto use = [&](SqlConnection& connection, Deadline last) { return ask_once(connection, key, answer, last); };
    if (const auto done = servers.ask(use, deadline); !done) {
      return std::unexpected(LookupFailure{done.error().what, kind_of(done.error().kind)});
    }
    return std::move(*answer);
  }

  std::expected<void, SqlFailure> ask_once(SqlConnection& connection, const std::string& key,
                                           std::optional<Lookup>& answer, Deadline deadline) const {
    std::optional<SqlFailure> unusable;
    const auto quote = [&](std::string_view text) {
      auto quoted = connection.escaped(text);
      if (!quoted) unusable = quoted.error();
      return quoted ? std::move(*quoted) : std::string();
    };
    const auto statement = query().text.query_for(key, quote);
    if (unusable) return std::unexpected(std::move(*unusable));
    SqlAnswer values(query(), key);
    auto has_result_set = connection.query(statement.value_or(""), values, deadline);
    if (!has_result_set) return std::unexpected(std::move(has_result_set.error()));
    if (!*has_result_set && requires_result_set_) {
      return std::unexpected(SqlFailure{"the query gave no result set", SqlFailure::Kind::refused});
    }
    answer = values.lookup();
    return {};
  }

  const std::vector<std::shared_ptr<SqlServers>> by_charset_;
  const bool requires_result_set_;
};

std::expected<std::vector<SqlServer>, std::string> take_servers(TableParameters& parameters, const SqlDialect& dialect,
                                                                const SqlClient& client) {
  std::vector<SqlServer> servers;
  for (const ServerItem& item : server_items(take(parameters, "hosts"))) {
    auto server = dialect.parse_server(item);
    // The library's own message about such a URI may have a part of the password.
    if (server && !server->uri.empty() && !client.names_in(server->uri))
      server = std::unexpected("it is not a valid URI");
    if (!server) return std::unexpected(fmt::format("hosts: {}: {}", excerpt(item.shown()), server.error()));
    servers.push_back(std::move(*server));
  }
  return servers;
}

std::expected<ServerParameters, std::string> take_server_parameters(TableParameters& parameters,
                                                                    const SqlDialect& dialect,
                                                                    const SqlClient& client) {
  ServerParameters result;
  auto servers = take_servers(parameters, dialect, client);
  if (!servers) return std::unexpected(servers.error());
  result.source.client = &client;
  result.source.servers = std::move(*servers);
  const std::string charset = take(parameters, dialect.charset);
  for (const std::string_view name : find_table_type(dialect.module)->own_parameters) {
    const auto found = parameters.find(name);
    if (found != parameters.end()) result.source.login.insert(parameters.extract(found));
  }
  // A value that Postfix refuses is an error here too. It does not count as "no", because the postmaster may want the
  // certificate verified.
  if (result.source.login.contains("tls_verify_cert")) {
    const auto is_verified = take_yes_or_no(result.source.login, "tls_verify_cert", false);
    if (!is_verified) return std::unexpected(is_verified.error());
    result.source.login["tls_verify_cert"] = *is_verified ? "yes" : "no";
  }
  const auto has_uri = [](const SqlServer& server) { return !server.uri.empty(); };
  if (result.source.login["dbname"].empty() && !std::ranges::all_of(result.source.servers, has_uri)) {
    return std::unexpected("there is no dbname");
  }
  const auto idle = take_number(parameters, "idle_interval", "60");
  const auto retry = take_number(parameters, "retry_interval", "60");
  if (!idle || !retry) return std::unexpected(idle ? retry.error() : idle.error());
  constexpr std::size_t day = 86'400;
  result.source.idle_interval = std::chrono::seconds(std::min(*idle, day));
  result.source.retry_interval = std::chrono::seconds(std::min(*retry, day));
  result.charsets = charset.empty()
                        ? std::vector{std::string(dialect.newer_charset), std::string(dialect.older_charset)}
                        : std::vector{charset};
  return result;
}

/// Whether a line of an option file of MySQL loads code or further files: "plugin-dir", also with '_', or "!include".
bool is_line_that_loads(std::string_view line) {
  std::string text = folded(trimmed(line));
  std::ranges::replace(text, '_', '-');
  return text.starts_with('!') || text.starts_with("plugin-dir");
}

/// Why an option file is not used; nullopt if it is used. The file may be a copy of the primary's, so it must not load
/// code or further files. A file that cannot be read is left to the library.
std::optional<std::string> fault_of_option_file(const TableParameters& parameters, const FileReader& files) {
  const auto path = parameters.find("option_file");
  if (path == parameters.end() || path->second.empty()) return std::nullopt;
  const auto text = files.read(path->second);
  if (!text || std::ranges::none_of(lines_of(*text), is_line_that_loads)) return std::nullopt;
  return fmt::format("option_file: {} includes files or names plug-ins, which is not supported",
                     printable(path->second, 200));
}

/// The servers with each of the character sets; connections of the previous load stay in use.
std::vector<std::shared_ptr<SqlServers>> servers_of(const OpenRequest& request, const SqlDialect& dialect,
                                                    const ServerParameters& parameters) {
  std::vector<std::shared_ptr<SqlServers>> result;
  for (const std::string& charset : parameters.charsets) {
    SqlSource source = parameters.source;
    source.login[std::string(dialect.charset)] = charset;
    const auto renew = [&](const std::shared_ptr<Connections>& before) -> std::shared_ptr<Connections> {
      const auto known = std::dynamic_pointer_cast<SqlServers>(before);
      if (known != nullptr && known->source() == source) return before;
      return std::make_shared<SqlServers>(source);
    };
    const auto kept = request.backends.connections(request.kept_as() + ' ' + charset, renew);
    result.push_back(std::dynamic_pointer_cast<SqlServers>(kept));
  }
  return result;
}

}  // namespace

std::shared_ptr<const Table> open_sql_servers(const OpenRequest& request, const SqlDialect& dialect) {
  if (request.file.empty()) return open_postmap(request);  // its parameters are in main.cf
  const auto text = request.table_file();
  if (!text) return refuse_unreadable(request, text.error());
  auto parameters = parse_table_file(*text);
  if (!parameters) return refuse_parameters(request, parameters.error().line, parameters.error().what);
  if (auto fault = fault_of_option_file(*parameters, request.files)) return refuse_parameters(request, 0, *fault);
  const auto client = find_module<SqlClient>(dialect.module);
  if (!client) return open_without_module(request, dialect.module, client.error());
  auto query = take_sql_query(*parameters, request, dialect.function_parameter);
  if (!query) return refuse_parameters(request, 0, query.error());
  const std::string_view result_set = dialect.result_set_parameter;
  const auto needs_rows = result_set.empty() ? false : take_yes_or_no(*parameters, result_set, true);
  if (!needs_rows) return refuse_parameters(request, 0, needs_rows.error());
  auto servers = take_server_parameters(*parameters, dialect, **client);
  if (!servers) return refuse_parameters(request, 0, servers.error());
  if (!parameters->empty()) return open_with_unknown_parameters(request, *parameters);
  return std::make_shared<SqlServerTable>(request, *text, std::move(*query), servers_of(request, dialect, *servers),
                                          *needs_rows);
}

}  // namespace shorthop
