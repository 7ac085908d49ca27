// The connections of one ldap: table. They belong to the daemon and outlive a reload.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "system/endpoint.h"
#include "tables/types/backends.h"
#include "tables/types/ldap/ldap_client.h"

namespace shorthop {

struct LdapServer {
  Endpoint endpoint;
  std::string url;
  bool operator==(const LdapServer&) const = default;
};

/// The server of an item of `server_host`, which is an LDAP URL; the error is a sentence.
std::expected<LdapServer, std::string> ldap_server(const LdapClient& client, const std::string& url);

/// Safe to use from several threads at once.
class LdapConnections final : public Connections {
 public:
  using Made = std::expected<std::unique_ptr<LdapConnection>, LdapFailure>;

  /// `servers` is not empty.
  LdapConnections(const LdapClient& client, std::vector<LdapServer> servers, LdapLogin login)
      : client_(client), servers_(std::move(servers)), login_(std::move(login)) {}

  const LdapClient& client() const { return client_; }
  bool serves(const std::vector<LdapServer>& servers, const LdapLogin& login) const {
    return servers == servers_ && login == login_;
  }
  /// An idle connection; null: there is none.
  std::unique_ptr<LdapConnection> take_kept();
  /// A new connection: to the server that was reached last, else to the others in order. Each gets its share of the time.
  Made connect(Deadline deadline);
  /// Keeps the connection for the next look-up; only a few are kept.
  void keep(std::unique_ptr<LdapConnection> connection);
  void close_idle(std::chrono::steady_clock::time_point now) override;

 private:
  struct Kept {
    std::unique_ptr<LdapConnection> connection;
    std::chrono::steady_clock::time_point since;
  };

  Made connect_to_server(const LdapServer& server, Deadline deadline) const;

  const LdapClient& client_;
  const std::vector<LdapServer> servers_;
  const LdapLogin login_;
  std::mutex mutex_;
  std::vector<Kept> kept_;  ///< the oldest first
  std::size_t first_ = 0;   ///< the server to try first
};

}  // namespace shorthop
