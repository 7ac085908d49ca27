// The address of a listening socket. It has two spellings. Settings and Sendmail write it as smfi_setconn(3) does:
// "unix:/path" or "inet:port@host". Postfix writes "unix:path" or "inet:host:port" (postconf(5) smtpd_milters).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

struct Endpoint {
  enum class Type : std::uint8_t { local, inet, inet6 };
  enum class Error : std::uint8_t { unknown_type, no_path, bad_port, no_host };

  Type type = Type::local;
  std::string path;  ///< the path of a UNIX socket; else empty
  std::string host;  ///< name or address, without brackets; empty for a UNIX socket
  std::uint16_t port = 0;

  static Endpoint unix_socket(std::string path);
  static Endpoint tcp_socket(Type type, std::string host, std::uint16_t port);
  /// "unix:PATH", "local:PATH", a path alone, "inet:PORT@HOST" or "inet6:PORT@HOST", the port from 1 to 65535.
  static std::expected<Endpoint, Error> parse(std::string_view text);
  /// "unix:PATH" (also a relative path), "inet:HOST:PORT" or "inet:PORT". Absent for anything else, such as the name of
  /// a service in place of the port.
  static std::optional<Endpoint> parse_postfix(std::string_view text);

  bool is_unix() const { return type == Type::local; }
  /// The form for smfi_setconn(3).
  std::string text() const;
  /// The form for Postfix (smtpd_milters).
  std::string postfix_text() const;

  /// The address for clients on this host: a loopback address if the socket listens on all addresses.
  Endpoint seen_by_clients() const;
  bool listens_everywhere() const { return host == "0.0.0.0" || host == "::"; }

  bool operator==(const Endpoint&) const = default;
};

/// A host with or without a port, as the table files of Postfix name a server: "db", "db:5432", "[::1]:5432", "::1".
struct HostAndPort {
  std::string host;        ///< name or address, without brackets
  std::uint16_t port = 0;  ///< 0: not given

  /// nullopt if the text has no host, or a port that is not a number from 1 to 65535.
  static std::optional<HostAndPort> parse(std::string_view text);
};

/// Whether both reach the same socket: "localhost", 127.0.0.1 and ::1 are one host.
bool reach_same_socket(const Endpoint& one, const Endpoint& other);

}  // namespace shorthop
