// The servers of one SQL table: their open connections, and which server is asked next. Not here: what is asked.
// Source: mysql_table(5) and pgsql_table(5), "hosts", idle_interval, retry_interval; Postfix global/dict_mysql.c.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tables/types/backends.h"
#include "tables/types/sql/sql_client.h"

namespace shorthop {

/// What a table file says of its servers.
struct SqlSource {
  const SqlClient* client = nullptr;
  std::vector<SqlServer> servers;  ///< not empty
  TableParameters login;
  std::chrono::seconds idle_interval{60};   ///< after which an unused connection is closed
  std::chrono::seconds retry_interval{60};  ///< during which a server that failed is asked last

  bool operator==(const SqlSource&) const = default;
};

/// The attempts to connect, in order. `addresses`: the addresses of each host of a server (a URI may name several
/// hosts). Each attempt has one address of each host, separated by commas. Without hosts, there is one empty attempt.
std::vector<std::string> addresses_to_try(const std::vector<std::vector<std::string>>& addresses);

/// Safe to use from several threads at once. There are never more connections to a server than look-ups that run at
/// once.
class SqlServers final : public Connections {
 public:
  using Clock = std::chrono::steady_clock;
  /// Asks one server, and gives up at the deadline.
  using Use = std::function<std::expected<void, SqlFailure>(SqlConnection&, Deadline)>;

  explicit SqlServers(SqlSource source);

  /// Asks one server after another until one answers. Postfix's order: the server that answered last, then UNIX
  /// sockets, then others; hosts of the same rank in random order; last those that failed recently. Each gets its share
  /// of the time, so that a server that hangs does not use up the time of the next.
  std::expected<void, SqlFailure> ask(const Use& use, Deadline deadline);
  void close_idle(Clock::time_point now) override;

  const SqlSource& source() const { return source_; }

 private:
  struct Idle {
    std::unique_ptr<SqlConnection> connection;
    Clock::time_point since;
  };
  struct State {
    std::vector<Idle> idle;
    Clock::time_point failed_until{};
  };

  struct Order {
    std::vector<std::size_t> servers;
    std::size_t good = 0;  ///< how many have not failed recently; they are the first
  };

  Order order();
  std::expected<void, SqlFailure> ask_server(std::size_t server, const Use& use, Deadline deadline);
  std::expected<void, SqlFailure> ask_on_new_connection(std::size_t server, const Use& use, Deadline deadline);
  std::expected<std::unique_ptr<SqlConnection>, SqlFailure> connect(const SqlServer& server, Deadline deadline) const;
  std::unique_ptr<SqlConnection> take_idle(std::size_t server);
  void keep(std::size_t server, std::unique_ptr<SqlConnection> connection);
  void note_failure(std::size_t server);

  const SqlSource source_;
  std::mutex mutex_;
  std::vector<State> states_;            ///< by server
  std::optional<std::size_t> answered_;  ///< the server that answered last
  std::minstd_rand random_;
};

}  // namespace shorthop
