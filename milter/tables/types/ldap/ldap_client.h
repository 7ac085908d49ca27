// What ldap: tables need from an LDAP client library. A module implements it (tables/types/module.h); the tests have an
// implementation in memory. Not here: what a table asks, and how the answer becomes values (ldap_values.h).
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/descriptor.h"
#include "tables/lookup_key.h"

namespace shorthop {

enum class LdapScope : std::uint8_t { base, one, sub };

/// What a search asks for. Without attributes, all are wanted; without a filter, every entry matches.
struct LdapSearch {
  std::string base;
  LdapScope scope = LdapScope::sub;
  std::optional<std::string> filter;
  std::vector<std::string> attributes;
  std::size_t max_entries = 0;  ///< the server's limit; 0: no limit
  bool operator==(const LdapSearch&) const = default;
};

struct LdapAttribute {
  std::string description;
  std::vector<std::string> values;
};
using LdapEntry = std::vector<LdapAttribute>;  ///< its attributes in the order of the server

struct LdapFailure {
  enum class Kind : std::uint8_t {
    timed_out,
    disconnected,    ///< the server closed the connection, or cannot be reached
    no_such_object,  ///< the base of the search does not exist
    rejected,        ///< this search alone: it is not valid, or has too many results
    failed,          ///< anything else
  };
  Kind kind = Kind::failed;
  std::string what;  ///< a sentence; it may contain any bytes
};

using LdapEntries = std::expected<std::vector<LdapEntry>, LdapFailure>;

/// A connection to a server, ready for searches. Used by one thread at a time. After any failure except no_such_object
/// it must not be used again.
class LdapConnection {
 public:
  virtual ~LdapConnection() = default;
  virtual LdapEntries search(const LdapSearch& search, Deadline deadline) = 0;
};

/// An LDAP URL (RFC 4516), as libldap reads it.
struct LdapUrl {
  std::string scheme;  ///< in lower case
  std::string host;    ///< for ldapi: the path of a socket
  std::uint16_t port = 0;
  LdapSearch search;
};

/// How a table logs in. The members have the names of ldap_table(5).
struct LdapLogin {
  int version = 2;
  bool has_bind = true;
  std::string bind_dn;
  std::string bind_password;
  int dereference = 0;
  bool start_tls = false;
  bool requires_certificate = false;
  std::string tls_ca_cert_file;
  std::string tls_ca_cert_dir;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_cipher_suite;
  bool operator==(const LdapLogin&) const = default;
};

/// Safe to use from several threads at once.
class LdapClient {
 public:
  static constexpr const char* interface_name = "ldap-client";

  virtual ~LdapClient() = default;
  /// nullopt if the text does not begin like an LDAP URL. If the text begins so but is not valid, the error is a
  /// sentence.
  virtual std::expected<std::optional<LdapUrl>, std::string> url_of(const std::string& text) const = 0;
  /// Logs in on a connected socket; with TLS if the URL or the login says so. The certificate is compared with the host
  /// in the URL.
  virtual std::expected<std::unique_ptr<LdapConnection>, LdapFailure> log_in(Descriptor socket, const std::string& url,
                                                                             const LdapLogin& login,
                                                                             Deadline deadline) const = 0;
};

}  // namespace shorthop
