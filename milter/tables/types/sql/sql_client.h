// What mysql: and pgsql: tables need from a client library. The modules implement it (tables/types/module.h). Their
// code has no logic of tables, and no function waits beyond its deadline.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/lookup_key.h"
#include "tables/text/table_file.h"

namespace shorthop {

/// An item of `hosts`. Empty members are left to the library.
struct SqlServer {
  std::string name;    ///< for messages: ServerItem::shown()
  std::string uri;     ///< a URI of libpq; then host, port and socket are empty
  std::string host;    ///< name or address; empty: a UNIX socket
  std::string port;    ///< a number
  std::string socket;  ///< path of the socket (MySQL) or of its directory (PostgreSQL)

  bool operator==(const SqlServer&) const = default;
};

struct SqlFailure {
  enum class Kind : std::uint8_t {
    late,      ///< no answer before the deadline
    broken,    ///< there is no connection, or it was lost
    refused,   ///< the server's answer is an error
    bad_data,  ///< the server cannot use this key, or its answer is not valid
  };
  std::string what;  ///< a sentence
  Kind kind = Kind::broken;
};

/// Gets the values of an answer, row by row, as they arrive.
class SqlRows {
 public:
  virtual ~SqlRows() = default;
  /// A result set begins; values of an earlier one are dropped.
  virtual void begin() = 0;
  /// The next column of a row; nothing for NULL. False: no more are wanted.
  virtual bool add(std::optional<std::string_view> value) = 0;
};

/// Used by one thread at a time. After a failure it is not used again.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  /// Whether another query can be sent: none is running, and the server has not closed the connection.
  virtual bool is_ready() = 0;
  /// The text quoted for use between single quotes in a query on this connection.
  virtual std::expected<std::string, SqlFailure> escaped(std::string_view text) = 0;
  /// Sends a query, and passes the values of the answer to `rows` until it wants no more. Returns whether there was a
  /// result set.
  virtual std::expected<bool, SqlFailure> query(const std::string& statement, SqlRows& rows, Deadline deadline) = 0;
};

/// Safe to use from several threads at once.
class SqlClient {
 public:
  static constexpr const char* interface_name = "sql-client";

  virtual ~SqlClient() = default;
  /// The hosts in a URI, in order: names, to be looked up before connect(); an empty string for a path or an address.
  /// nullopt: the library refuses the URI.
  virtual std::optional<std::vector<std::string>> names_in(const std::string& uri) const = 0;
  /// `address`: the address of the server's host; for a URI with names, their addresses, separated by commas. `login`:
  /// the parameters of the table file for the connection, with the names that they have in the file.
  virtual std::expected<std::unique_ptr<SqlConnection>, SqlFailure> connect(const SqlServer& server,
                                                                            const std::string& address,
                                                                            const TableParameters& login,
                                                                            Deadline deadline) const = 0;
};

}  // namespace shorthop
