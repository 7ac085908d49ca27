// The connections of one ldap: table. They belong to the daemon and outlive a reload.
#pragma once

#include <chrono>
#include <functional>
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
  using Answer = std::expected<std::string, LdapFailure>;
  /// Asks one server, and gives up at the deadline.
  using Ask = std::function<Answer(LdapConnection&, Deadline)>;

  /// `servers` is not empty.
  LdapConnections(const LdapClient& client, std::vector<LdapServer> servers, LdapLogin login)
      : client_(client), servers_(std::move(servers)), login_(std::move(login)) {}

  const LdapClient& client() const { return client_; }
  bool serves(const std::vector<LdapServer>& servers, const LdapLogin& login) const {
    return servers == servers_ && login == login_;
  }
  /// Asks the server that answered last, then the others in their order, until one answers or says that the search
  /// itself is wrong. Each gets a part of the time, so that a server that hangs leaves time for the next one.
  Answer ask(const Ask& ask, Deadline deadline);
  void close_idle(std::chrono::steady_clock::time_point now) override;

 private:
  using Made = std::expected<std::unique_ptr<LdapConnection>, LdapFailure>;
  struct Kept {
    std::unique_ptr<LdapConnection> connection;
    std::size_t server;
    std::chrono::steady_clock::time_point since;
  };

  Answer ask_server(std::size_t server, const Ask& ask, Deadline deadline);
  Made connect(const LdapServer& server, Deadline deadline) const;
  std::unique_ptr<LdapConnection> take_kept(std::size_t server);
  void keep(std::size_t server, std::unique_ptr<LdapConnection> connection);
  void forget(std::size_t server);

  const LdapClient& client_;
  const std::vector<LdapServer> servers_;
  const LdapLogin login_;
  std::mutex mutex_;
  std::vector<Kept> kept_;  ///< the oldest first
  std::size_t first_ = 0;   ///< the server to try first
};

}  // namespace shorthop
