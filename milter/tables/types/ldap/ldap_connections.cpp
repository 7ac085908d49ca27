#include "tables/types/ldap/ldap_connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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

LdapConnections::Answer LdapConnections::ask(const Ask& ask, Deadline deadline) {
  using Kind = LdapFailure::Kind;
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    first = first_;
  }
  std::optional<LdapFailure> failure;
  for (std::size_t n = 0; n < servers_.size(); ++n) {
    const std::size_t server = (first + n) % servers_.size();
    const auto now = SteadyTime::now();
    if (now >= deadline) break;
    Answer answer = ask_server(server, ask, now + (deadline - now) / static_cast<int>(servers_.size() - n));
    if (answer || answer.error().kind == Kind::rejected || answer.error().kind == Kind::no_such_object) return answer;
    forget(server);
    if (!failure) failure = std::move(answer.error());
  }
  return std::unexpected(failure.value_or(LdapFailure{LdapFailure::Kind::timed_out, "there was no time left"}));
}

/// If the server has closed a kept connection, a new one is tried.
LdapConnections::Answer LdapConnections::ask_server(std::size_t server, const Ask& ask, Deadline deadline) {
  using Kind = LdapFailure::Kind;
  const auto leaves_connection_usable = [](const Answer& answer) {
    return answer || answer.error().kind == Kind::no_such_object;
  };
  if (auto kept = take_kept(server)) {
    Answer answer = ask(*kept, deadline);
    if (leaves_connection_usable(answer)) keep(server, std::move(kept));
    if (answer || answer.error().kind != Kind::disconnected) return answer;
  }
  auto made = connect(servers_[server], deadline);
  if (!made) return std::unexpected(std::move(made.error()));
  Answer answer = ask(**made, deadline);
  if (leaves_connection_usable(answer)) keep(server, std::move(*made));
  return answer;
}

std::unique_ptr<LdapConnection> LdapConnections::take_kept(std::size_t server) {
  const std::lock_guard lock(mutex_);
  const auto last = std::ranges::find(kept_.rbegin(), kept_.rend(), server, &Kept::server);
  if (last == kept_.rend()) return nullptr;
  auto connection = std::move(last->connection);
  kept_.erase(std::next(last).base());
  return connection;
}

void LdapConnections::keep(std::size_t server, std::unique_ptr<LdapConnection> connection) {
  const std::lock_guard lock(mutex_);
  first_ = server;
  if (kept_.size() < max_kept) kept_.push_back({std::move(connection), server, SteadyTime::now()});
}

/// The other connections to this server are probably lost too. The next look-up begins with another server.
void LdapConnections::forget(std::size_t server) {
  std::vector<Kept> closed;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  if (first_ == server) first_ = (server + 1) % servers_.size();
  for (Kept& one : kept_) {
    if (one.server == server) closed.push_back(std::move(one));
  }
  std::erase_if(kept_, [&](const Kept& one) { return one.server == server; });
}

void LdapConnections::close_idle(SteadyTime::time_point now) {
  std::vector<Kept> closed;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  const auto first_to_stay = std::ranges::find_if(kept_, [&](const Kept& one) { return now - one.since <= max_idle; });
  std::move(kept_.begin(), first_to_stay, std::back_inserter(closed));
  kept_.erase(kept_.begin(), first_to_stay);
}

LdapConnections::Made LdapConnections::connect(const LdapServer& server, Deadline deadline) const {
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
