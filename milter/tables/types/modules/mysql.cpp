// The module of mysql: tables. It uses the non-blocking calls of MariaDB's connector, and every wait has a deadline.
// The caller resolves host names, because the connector would wait for them without a limit. Source: MariaDB's
// documentation, "Using the Non-blocking Library"; Postfix global/dict_mysql.c.
#include <errmsg.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "system/wait.h"
#include "tables/types/module.h"
#include "tables/types/modules/cut_at_deadline.h"
#include "tables/types/sql/sql_client.h"

namespace shorthop {
namespace {

using Kind = SqlFailure::Kind;

/// Larger than any answer that is used; a server could announce a gigabyte.
constexpr std::size_t max_packet = std::size_t{4} << 20;

/// Shuts the socket down, so that no call waits for the server again: mysql_close() sends a last packet, which
/// the server might not read.
void end_at_once(MYSQL* mysql) {
  const my_socket socket = mysql_get_socket(mysql);
  if (socket != MARIADB_INVALID_SOCKET) ::shutdown(socket, SHUT_RDWR);
}

struct EndConnection {
  void operator()(MYSQL* mysql) const {
    end_at_once(mysql);
    mysql_close(mysql);
  }
};
using MysqlConnectionHandle = std::unique_ptr<MYSQL, EndConnection>;

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using MysqlResult = std::unique_ptr<MYSQL_RES, FreeResult>;

std::string error_of(MYSQL* mysql) {
  std::string text = mysql_error(mysql);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text.substr(0, 300);
}

std::unexpected<SqlFailure> late(const char* doing) {
  return std::unexpected(SqlFailure{fmt::format("{} took too long", doing), Kind::late});
}

/// Errors that concern one key: SQLSTATE class 22, and texts that cannot be compared with a column because of the
/// character set.
bool is_of_data(MYSQL* mysql) {
  constexpr std::array errors = {ER_CANT_AGGREGATE_2COLLATIONS, ER_CANT_AGGREGATE_3COLLATIONS,
                                 ER_CANT_AGGREGATE_NCOLLATIONS, ER_INVALID_CHARACTER_STRING};
  return std::string_view(mysql_sqlstate(mysql)).starts_with("22") ||
         std::ranges::find(errors, static_cast<int>(mysql_errno(mysql))) != errors.end();
}

/// Errors of the client library, and some of the server, mean that the connection is lost.
std::unexpected<SqlFailure> failure_of(MYSQL* mysql, const char* doing) {
  const unsigned error = mysql_errno(mysql);
  const bool is_of_client = error >= CR_MIN_ERROR && error <= CR_MYSQL_LAST_ERROR;
  const bool is_over =
      error == ER_SERVER_SHUTDOWN || error == ER_CONNECTION_KILLED || error == ER_NEW_ABORTING_CONNECTION;
  const Kind kind = is_of_client || is_over ? Kind::broken : is_of_data(mysql) ? Kind::bad_data : Kind::refused;
  return std::unexpected(SqlFailure{fmt::format("{}: {}", doing, error_of(mysql)), kind});
}

/// Waits for the events that a suspended call needs, and returns them. 0: the deadline has passed.
int wait_for_call(MYSQL* mysql, int status, Deadline deadline) {
  Deadline own = Deadline::max();
  if ((status & MYSQL_WAIT_TIMEOUT) != 0) {
    own = std::chrono::steady_clock::now() + std::chrono::milliseconds(mysql_get_timeout_value_ms(mysql));
  }
  const auto events = static_cast<short>(((status & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) |
                                         ((status & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0) |
                                         ((status & MYSQL_WAIT_EXCEPT) != 0 ? POLLPRI : 0));
  const short ready = wait_for(mysql_get_socket(mysql), events, std::min(own, deadline));
  if (ready == 0) return own < deadline ? MYSQL_WAIT_TIMEOUT : 0;
  const bool is_broken = (ready & (POLLERR | POLLHUP)) != 0;  // the resumed call reports the error
  return ((ready & POLLIN) != 0 || is_broken ? status & MYSQL_WAIT_READ : 0) |
         ((ready & POLLOUT) != 0 || is_broken ? status & MYSQL_WAIT_WRITE : 0) |
         ((ready & POLLPRI) != 0 || is_broken ? status & MYSQL_WAIT_EXCEPT : 0);
}

/// Waits for the end of a suspended call, which `resume` continues. False: the deadline has passed, and the connection
/// cannot be used.
template <class Resume>
[[nodiscard]] bool finish_call(MYSQL* mysql, int status, Deadline deadline, Resume resume) {
  while (status != 0) {
    const int ready = wait_for_call(mysql, status, deadline);
    if (ready == 0) return false;
    status = resume(ready);
  }
  return true;
}

class MysqlConnection final : public SqlConnection {
 public:
  explicit MysqlConnection(MysqlConnectionHandle mysql) : mysql_(std::move(mysql)) {}

  bool is_ready() override { return !is_busy_ && is_silent(mysql_get_socket(mysql_.get())); }

  /// Quotes with the character set and the mode of this connection.
  std::expected<std::string, SqlFailure> escaped(std::string_view text) override {
    std::string result(2 * text.size() + 1, '\0');
    const unsigned long length = mysql_real_escape_string(mysql_.get(), result.data(), text.data(), text.size());
    if (length > 2 * text.size()) return failure_of(mysql_.get(), "the key cannot be quoted");
    result.resize(length);
    return result;
  }

  /// Reads all result sets; only one of them may have rows, as in plmysql_query().
  std::expected<bool, SqlFailure> query(const std::string& statement, SqlRows& rows, Deadline deadline) override {
    is_busy_ = true;
    MYSQL* mysql = mysql_.get();
    // With TLS the connector waits for an answer without suspending the call.
    std::optional<CutAtDeadline> cut;
    if (mysql_get_ssl_cipher(mysql) != nullptr) cut.emplace(mysql_get_socket(mysql), deadline);
    int error = 0;
    const int status = mysql_real_query_start(&error, mysql, statement.data(), statement.size());
    if (!finish_call(mysql, status, deadline, [&](int ready) { return mysql_real_query_cont(&error, mysql, ready); })) {
      return late("the query");
    }
    if (error != 0) return failure_of(mysql, "the query");
    bool has_result_set = false;
    for (bool is_last = false; !is_last;) {
      const auto read = read_result_set(rows, has_result_set, deadline);
      if (!read) return std::unexpected(read.error());
      if (!*read) return true;  // no more values are wanted; the connection stays busy and is not used again
      const auto next = has_next_result_set(deadline);
      if (!next) return std::unexpected(next.error());
      is_last = !*next;
    }
    is_busy_ = false;
    return has_result_set;
  }

 private:
  /// False: `rows` wants no more values.
  std::expected<bool, SqlFailure> read_result_set(SqlRows& rows, bool& has_result_set, Deadline deadline) {
    MYSQL* mysql = mysql_.get();
    const MysqlResult result(mysql_use_result(mysql));
    if (result == nullptr) {
      if (mysql_field_count(mysql) != 0) return failure_of(mysql, "the answer");
      return true;
    }
    if (std::exchange(has_result_set, true)) {
      end_at_once(mysql);  // else the rest of the answer would be read and dropped
      return std::unexpected(SqlFailure{"several result sets with rows are not supported", Kind::refused});
    }
    rows.begin();
    auto is_whole = read_rows(result.get(), rows, deadline);
    if (!is_whole || !*is_whole) end_at_once(mysql);
    return is_whole;
  }

  std::expected<bool, SqlFailure> read_rows(MYSQL_RES* result, SqlRows& rows, Deadline deadline) {
    MYSQL* mysql = mysql_.get();
    const unsigned columns = mysql_num_fields(result);
    for (;;) {
      MYSQL_ROW row = nullptr;
      const int status = mysql_fetch_row_start(&row, result);
      if (!finish_call(mysql, status, deadline, [&](int ready) { return mysql_fetch_row_cont(&row, result, ready); })) {
        return late("the answer");
      }
      if (row == nullptr) break;
      if (has_passed(deadline)) return late("the answer");
      for (unsigned column = 0; column < columns; ++column) {
        const char* value = row[column];
        if (!rows.add(value == nullptr ? std::nullopt : std::optional<std::string_view>(value))) return false;
      }
    }
    if (mysql_errno(mysql) != 0) return failure_of(mysql, "the answer");
    return true;
  }

  std::expected<bool, SqlFailure> has_next_result_set(Deadline deadline) {
    MYSQL* mysql = mysql_.get();
    int found = 0;
    const int status = mysql_next_result_start(&found, mysql);
    if (!finish_call(mysql, status, deadline,
                     [&](int ready) { return mysql_next_result_cont(&found, mysql, ready); })) {
      return late("the answer");
    }
    if (found > 0) return failure_of(mysql, "the answer");
    return found == 0;
  }

  MysqlConnectionHandle mysql_;
  bool is_busy_ = false;
};

/// Continues mysql_real_connect() to its end. The connector waits for the handshake of TLS without suspending the call.
std::expected<void, SqlFailure> complete_connect(MYSQL* mysql, int status, MYSQL*& connected, Deadline deadline) {
  const auto resume = [&](int ready) {
    std::optional<CutAtDeadline> cut;
    const my_socket socket = mysql_get_socket(mysql);
    if (socket != MARIADB_INVALID_SOCKET) cut.emplace(socket, deadline);
    return mysql_real_connect_cont(&connected, mysql, ready);
  };
  const bool is_done = finish_call(mysql, status, deadline, resume);
  if (!is_done || (connected == nullptr && has_passed(deadline))) return late("the connection");
  if (connected == nullptr) return failure_of(mysql, "no connection");
  return {};
}

class MysqlClient final : public SqlClient {
 public:
  std::optional<std::vector<std::string>> names_in(const std::string& /*uri*/) const override { return std::nullopt; }

  std::expected<std::unique_ptr<SqlConnection>, SqlFailure> connect(const SqlServer& server, const std::string& address,
                                                                    const TableParameters& login,
                                                                    Deadline deadline) const override {
    MysqlConnectionHandle mysql(mysql_init(nullptr));
    if (mysql == nullptr) return std::unexpected(SqlFailure{"no memory for a connection"});
    const auto given = [&](std::string_view name) -> const char* {
      const auto found = login.find(name);
      return found == login.end() || found->second.empty() ? nullptr : found->second.c_str();
    };
    const bool checks_name = set_options(mysql.get(), login, given);
    // The connector checks the certificate against the name that it connects to.
    const char* host = server.host.empty() ? nullptr : checks_name ? server.host.c_str() : address.c_str();
    const auto port = static_cast<unsigned>(server.port.empty() ? 0 : std::stoul(server.port));
    const char* socket = server.socket.empty() ? nullptr : server.socket.c_str();
    MYSQL* connected = nullptr;
    const int status = mysql_real_connect_start(&connected, mysql.get(), host, given("user"), given("password"),
                                                given("dbname"), port, socket, CLIENT_MULTI_RESULTS);
    close_on_exec(mysql.get());
    if (auto done = complete_connect(mysql.get(), status, connected, deadline); !done) {
      return std::unexpected(std::move(done.error()));
    }
    const my_bool no = 0;
    mysql_options(mysql.get(), MYSQL_OPT_RECONNECT, &no);  // the option file may have set it
    return std::make_unique<MysqlConnection>(std::move(mysql));
  }

 private:
  /// Sets the options that Postfix's plmysql_connect_single() sets. Returns whether the name of the host is checked.
  template <class Given>
  static bool set_options(MYSQL* mysql, const TableParameters& login, Given given) {
    mysql_options(mysql, MYSQL_OPT_NONBLOCK, nullptr);
    refuse_files_of_this_host(mysql);
    mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
    if (const char* file = given("option_file")) mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, file);
    const auto group = login.find("option_group");  // empty: no default file is read
    const std::string group_name = group == login.end() ? "client" : group->second;
    if (!group_name.empty()) mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, group_name.c_str());
    if (const char* charset = given("charset")) mysql_options(mysql, MYSQL_SET_CHARSET_NAME, charset);
    if (given("tls_key_file") || given("tls_cert_file") || given("tls_CAfile") || given("tls_CApath") ||
        given("tls_ciphers")) {
      mysql_ssl_set(mysql, given("tls_key_file"), given("tls_cert_file"), given("tls_CAfile"), given("tls_CApath"),
                    given("tls_ciphers"));
    }
    const auto verify = login.find("tls_verify_cert");
    const my_bool is_verified = verify != login.end() && ::strcasecmp(verify->second.c_str(), "yes") == 0 ? 1 : 0;
    if (verify != login.end()) mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &is_verified);
    return is_verified != 0;
  }

  /// A server could ask for any file of this host (LOAD DATA LOCAL). The option that forbids it is not enough, because
  /// an option file is read later and may allow it again.
  static void refuse_files_of_this_host(MYSQL* mysql) {
    const unsigned no = 0;
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
    mysql_set_local_infile_handler(
        mysql, [](void** /*file*/, const char* /*name*/, void* /*unused*/) { return 1; },
        [](void* /*file*/, char* /*buffer*/, unsigned /*size*/) { return -1; }, [](void* /*file*/) {},
        [](void* /*file*/, char* message, unsigned size) {
          *fmt::format_to_n(message, size - 1, "files of this host are not sent").out = '\0';
          return CR_UNKNOWN_ERROR;
        },
        nullptr);
  }

  /// Programs that are started later get no copy of the connection.
  static void close_on_exec(MYSQL* mysql) {
    const my_socket socket = mysql_get_socket(mysql);
    if (socket != MARIADB_INVALID_SOCKET) ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  }
};

const MysqlClient mysql_client;

}  // namespace
}  // namespace shorthop

extern "C" const shorthop::Module shorthop_module =
    shorthop::module_of<shorthop::SqlClient>(SHORTHOP_VERSION, shorthop::mysql_client);
