#include "tables/types/ldap/ldap_connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "system/connection.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using SteadyTime = std::chrono::steady_clock;

constexpr std::chrono::seconds max_idle{60};
constexpr std::size_t max_kept = 8;
constexpr const char* default_socket = "/var/run/slapd/ldapi";  // of Debian's libldap

}  // namespace

std::expected<LdapServer, std::string> ldap_server(const LdapClient& client, const std::string& url) {
  const auto parsed = client.url_of(url);
  if (!parsed) return std::unexpected(parsed.error());
  if (!*parsed) return std::unexpected("it is not an LDAP URL");
  const LdapUrl& server = **parsed;
  if (server.scheme == "ldapi") {
    return LdapServer{Endpoint::unix_socket(server.host.empty() ? default_socket : server.host), url};
  }
  if (server.scheme != "ldap" && server.scheme != "ldaps") return std::unexpected("it is not ldap, ldaps or ldapi");
  const std::string host = server.host.empty() ? "localhost" : server.host;
  return LdapServer{Endpoint::tcp_socket(Endpoint::Type::inet, host, server.port), url};
}

std::unique_ptr<LdapConnection> LdapConnections::take_kept() {
  const std::lock_guard lock(mutex_);
  if (kept_.empty()) return nullptr;
  auto connection = std::move(kept_.back().connection);
  kept_.pop_back();
  return connection;
}

void LdapConnections::keep(std::unique_ptr<LdapConnection> connection) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() < max_kept) kept_.push_back({std::move(connection), SteadyTime::now()});
}

void LdapConnections::close_idle(SteadyTime::time_point now) {
  std::vector<Kept> closed;  // without the lock
  const std::lock_guard lock(mutex_);
  const auto first_to_stay = std::ranges::find_if(kept_, [&](const Kept& one) { return now - one.since <= max_idle; });
  std::move(kept_.begin(), first_to_stay, std::back_inserter(closed));
  kept_.erase(kept_.begin(), first_to_stay);
}

LdapConnections::Made LdapConnections::connect(Deadline deadline) {
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    first = first_;
  }
  std::optional<LdapFailure> failure;
  for (std::size_t n = 0; n < servers_.size(); ++n) {
    const std::size_t index = (first + n) % servers_.size();
    const auto now = SteadyTime::now();
    if (now >= deadline) break;
    const auto part = (deadline - now) / static_cast<int>(servers_.size() - n);
    Made made = connect_to_server(servers_[index], now + part);
    if (made) {
      const std::lock_guard lock(mutex_);
      first_ = index;
      return made;
    }
    if (!failure) failure = std::move(made.error());
  }
  return std::unexpected(failure.value_or(LdapFailure{LdapFailure::Kind::timed_out, "there was no time left"}));
}

LdapConnections::Made LdapConnections::connect_to_server(const LdapServer& server, Deadline deadline) const {
  using Kind = LdapFailure::Kind;
  auto socket = connect_to(server.endpoint, deadline);
  if (!socket) {
    return std::unexpected(LdapFailure{socket.error().is_timed_out ? Kind::timed_out : Kind::disconnected,
                                       fmt::format("{}: {}", server.url, socket.error().what)});
  }
  Made made = client_.log_in(std::move(*socket), server.url, login_, deadline);
  if (!made) made.error().what = fmt::format("{}: {}", server.url, made.error().what);
  return made;
}

}  // namespace shorthop
