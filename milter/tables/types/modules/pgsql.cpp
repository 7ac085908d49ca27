// The module of pgsql: tables. It uses the non-blocking calls of libpq, and every wait has a deadline. The caller
// resolves host names, because libpq would wait for them without a limit.
// Source: PostgreSQL's documentation, "libpq - C Library", chapters "Database Connection Control Functions" and
// "Asynchronous Command Processing"; Postfix global/dict_pgsql.c.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "system/wait.h"
#include "tables/types/module.h"
#include "tables/types/sql/sql_client.h"

namespace shorthop {
namespace {

using Kind = SqlFailure::Kind;

struct EndConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using PgConnection = std::unique_ptr<PGconn, EndConnection>;
using PgResult = std::unique_ptr<PGresult, ClearResult>;

/// Messages of libpq may have several lines, and end with a line end.
std::string one_line(const char* message) {
  std::string text = message == nullptr ? "" : message;
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return text.substr(0, 300);
}

std::unexpected<SqlFailure> late(const char* doing) {
  return std::unexpected(SqlFailure{fmt::format("{} took too long", doing), Kind::late});
}

std::unexpected<SqlFailure> broken(PGconn* connection, const char* doing) {
  return std::unexpected(SqlFailure{fmt::format("{}: {}", doing, one_line(PQerrorMessage(connection))), Kind::broken});
}

void ignore_notice(void* /*unused*/, const char* /*message*/) {}  // libpq would print it

class PgsqlConnection final : public SqlConnection {
 public:
  explicit PgsqlConnection(PgConnection connection) : connection_(std::move(connection)) {}

  bool is_ready() override {
    return !is_busy_ && PQstatus(connection_.get()) == CONNECTION_OK && is_silent(PQsocket(connection_.get()));
  }

  std::expected<std::string, SqlFailure> escaped(std::string_view text) override {
    std::string result(2 * text.size() + 1, '\0');
    int error = 0;
    result.resize(PQescapeStringConn(connection_.get(), result.data(), text.data(), text.size(), &error));
    if (error != 0) return std::unexpected(SqlFailure{one_line(PQerrorMessage(connection_.get())), Kind::bad_data});
    return result;
  }

  /// As in PQexec(), the last result of several statements is used, and an error ends them.
  std::expected<bool, SqlFailure> query(const std::string& statement, SqlRows& rows, Deadline deadline) override {
    is_busy_ = true;
    if (PQsendQuery(connection_.get(), statement.c_str()) != 1 || PQsetSingleRowMode(connection_.get()) != 1) {
      return broken(connection_.get(), "the query cannot be sent");
    }
    bool has_rows = false;
    bool is_new = true;
    for (;;) {
      if (has_passed(deadline)) return late("the answer");
      auto arrived = wait_for_result(deadline);
      if (!arrived) return std::unexpected(std::move(arrived.error()));
      const PgResult result(PQgetResult(connection_.get()));
      if (result == nullptr) break;
      if (auto failure = failure_of(result.get())) return std::unexpected(std::move(*failure));
      if (std::exchange(is_new, PQresultStatus(result.get()) != PGRES_SINGLE_TUPLE)) rows.begin();
      has_rows = PQresultStatus(result.get()) != PGRES_COMMAND_OK;
      if (!add_values(result.get(), rows)) return has_rows;  // the connection stays busy and is not used again
    }
    is_busy_ = false;
    return has_rows;
  }

 private:
  /// Sends pending data, and waits until PQgetResult() would not block.
  std::expected<void, SqlFailure> wait_for_result(Deadline deadline) {
    PGconn* connection = connection_.get();
    for (;;) {
      const int unsent = PQflush(connection);
      if (unsent < 0) return broken(connection, "the query cannot be sent");
      if (unsent == 0 && PQisBusy(connection) == 0) return {};
      const short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
      const short ready = wait_for(PQsocket(connection), events, deadline);
      if (ready == 0) return late("the query");
      if ((ready & ~POLLOUT) != 0 && PQconsumeInput(connection) != 1) return broken(connection, "the query");
    }
  }

  /// SQLSTATE class 22: the data in the query is wrong, and not the query itself. 57P: the server shuts down.
  std::optional<SqlFailure> failure_of(PGresult* result) const {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return std::nullopt;
    const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view state = field == nullptr ? "" : field;
    const bool is_over = PQstatus(connection_.get()) != CONNECTION_OK || state.starts_with("57P");
    const Kind kind = is_over ? Kind::broken : state.starts_with("22") ? Kind::bad_data : Kind::refused;
    const char* message = PQresultErrorMessage(result);
    return SqlFailure{fmt::format("the query: {}", *message == '\0' ? PQresStatus(status) : one_line(message)), kind};
  }

  static bool add_values(PGresult* result, SqlRows& rows) {
    for (int row = 0; row < PQntuples(result); ++row) {
      for (int column = 0; column < PQnfields(result); ++column) {
        const bool is_null = PQgetisnull(result, row, column) != 0;
        if (!rows.add(is_null ? std::nullopt : std::optional<std::string_view>(PQgetvalue(result, row, column)))) {
          return false;
        }
      }
    }
    return true;
  }

  PgConnection connection_;
  bool is_busy_ = false;
};

std::expected<void, SqlFailure> finish_connecting(PGconn* connection, Deadline deadline) {
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;  // as the documentation of PQconnectPoll() says
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) return broken(connection, "no connection");
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (wait_for(PQsocket(connection), events, deadline) == 0) return late("the connection");
    status = PQconnectPoll(connection);
  }
  return {};
}

/// The value of an option of a URI; empty: there is none.
std::string_view option_in(const PQconninfoOption* options, std::string_view name) {
  for (; options->keyword != nullptr; ++options) {
    if (options->keyword == name) return options->val == nullptr ? "" : options->val;
  }
  return {};
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

class PgsqlClient final : public SqlClient {
 public:
  std::optional<std::vector<std::string>> names_in(const std::string& uri) const override {
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(uri.c_str(), nullptr));
    if (options == nullptr) return std::nullopt;
    std::vector<std::string> names;
    if (!option_in(options.get(), "hostaddr").empty()) return names;
    std::string_view hosts = option_in(options.get(), "host");
    while (!hosts.empty()) {
      std::string host(hosts.substr(0, hosts.find(',')));
      hosts.remove_prefix(std::min(host.size() + 1, hosts.size()));
      const bool is_name = !host.empty() && !host.starts_with('/') && !host.starts_with('@') && !is_address(host);
      names.push_back(is_name ? std::move(host) : std::string());
    }
    return names;
  }

  std::expected<std::unique_ptr<SqlConnection>, SqlFailure> connect(const SqlServer& server, const std::string& address,
                                                                    const TableParameters& login,
                                                                    Deadline deadline) const override {
    PgConnection connection = begin(server, address, login);
    if (connection == nullptr) return std::unexpected(SqlFailure{"no memory for a connection"});
    PQsetNoticeProcessor(connection.get(), ignore_notice, nullptr);
    if (PQstatus(connection.get()) == CONNECTION_BAD) return broken(connection.get(), "no connection");
    if (auto done = finish_connecting(connection.get(), deadline); !done) return std::unexpected(done.error());
    if (PQsetnonblocking(connection.get(), 1) != 0) return broken(connection.get(), "no connection");
    return std::make_unique<PgsqlConnection>(std::move(connection));
  }

 private:
  /// As PQsetdbLogin() and PQconnectdb() in Postfix. Later parameters replace those in the URI; empty ones are
  /// ignored.
  static PgConnection begin(const SqlServer& server, const std::string& address, const TableParameters& login) {
    const bool is_uri = !server.uri.empty();
    const auto of_login = [&](std::string_view name) {
      const auto found = login.find(name);
      return found == login.end() ? "" : found->second.c_str();
    };
    const std::string& host = server.socket.empty() ? server.host : server.socket;
    const bool has_addresses = address.find_first_not_of(',') != address.npos;
    constexpr std::array keywords = {"dbname",
                                     "host",
                                     "hostaddr",
                                     "port",
                                     "user",
                                     "password",
                                     "client_encoding",
                                     "fallback_application_name",
                                     static_cast<const char*>(nullptr)};
    const std::array values = {is_uri ? server.uri.c_str() : of_login("dbname"),
                               host.c_str(),
                               has_addresses ? address.c_str() : "",
                               server.port.c_str(),
                               is_uri ? "" : of_login("user"),
                               is_uri ? "" : of_login("password"),
                               of_login("encoding"),
                               "shorthop",
                               static_cast<const char*>(nullptr)};
    constexpr int expands_dbname = 1;
    return PgConnection(PQconnectStartParams(keywords.data(), values.data(), expands_dbname));
  }
};

const PgsqlClient pgsql_client;

}  // namespace
}  // namespace shorthop

extern "C" const shorthop::Module shorthop_module =
    shorthop::module_of<shorthop::SqlClient>(SHORTHOP_VERSION, shorthop::pgsql_client);
