#include "tables/types/sql/sql_servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "system/deadline.h"
#include "system/dns.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Clock = SqlServers::Clock;
using Done = std::expected<void, SqlFailure>;
using Connected = std::expected<std::unique_ptr<SqlConnection>, SqlFailure>;

/// The deadline of the next attempt: the remaining time is divided equally among `attempts` attempts.
Deadline share_of(Deadline deadline, std::size_t attempts) {
  const auto now = Clock::now();
  return now >= deadline ? deadline : now + (deadline - now) / static_cast<long>(attempts);
}

/// The addresses of all names; an empty name gets one empty address.
std::expected<std::vector<std::vector<std::string>>, SqlFailure> addresses_of(const std::vector<std::string>& names,
                                                                              Deadline deadline) {
  constexpr std::chrono::milliseconds max_time{10'000};
  std::vector<std::string> host_names;
  std::ranges::remove_copy(names, std::back_inserter(host_names), std::string());
  const auto answers =
      SystemHostAddresses({std::clamp(time_left(deadline), std::chrono::milliseconds(1), max_time), {}})
          .look_up(host_names);
  std::vector<std::vector<std::string>> result(names.size(), {std::string()});
  auto answer = answers.begin();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    if (!*answer || (*answer)->empty()) {
      const std::string why = *answer ? std::string(no_addresses) : answer->error();
      return std::unexpected(SqlFailure{fmt::format("the host name cannot be resolved: {}", why)});
    }
    result[i] = **answer++;
  }
  return result;
}

}  // namespace

std::vector<std::string> addresses_to_try(const std::vector<std::vector<std::string>>& addresses) {
  std::size_t count = 1;
  for (const auto& of_name : addresses) count = std::max(count, of_name.size());
  std::vector<std::string> attempts(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto& of_name : addresses) {
      const bool is_first = &of_name == &addresses.front();
      attempts[i].append(is_first ? "" : ",").append(of_name[std::min(i, of_name.size() - 1)]);
    }
  }
  return attempts;
}

SqlServers::SqlServers(SqlSource source)
    : source_(std::move(source)), states_(source_.servers.size()), random_(std::random_device()()) {}

std::expected<void, SqlFailure> SqlServers::ask(const Use& use, Deadline deadline) {
  Done done;
  const auto [servers, good] = order();
  for (std::size_t i = 0; i < servers.size(); ++i) {
    // Servers that failed recently share the time that the others leave.
    const std::size_t attempts = (i < good ? good : servers.size()) - i;
    done = ask_server(servers[i], use, share_of(deadline, attempts));
    if (done) return done;
    done.error().what =
        fmt::format("{}: {}", printable(source_.servers[servers[i]].name, 100), printable(done.error().what, 300));
    if (done.error().kind == SqlFailure::Kind::bad_data) return done;
    note_failure(servers[i]);
  }
  return done;
}

/// Servers that failed recently are asked only if all others fail. LiveAnswers limits how often that happens.
SqlServers::Order SqlServers::order() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  std::vector<std::size_t> all(states_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::ranges::shuffle(all, random_);
  const auto rank = [this](std::size_t i) {
    return i == answered_ ? 0 : source_.servers[i].host.empty() && source_.servers[i].uri.empty() ? 1 : 2;
  };
  const auto has_failed = [&](std::size_t i) { return states_[i].failed_until > now; };
  std::ranges::sort(all, {}, [&](std::size_t i) { return std::pair(has_failed(i), rank(i)); });
  const auto good = static_cast<std::size_t>(std::ranges::count_if(all, std::not_fn(has_failed)));
  return {std::move(all), good};
}

/// If an idle connection turns out to be lost, the server may have been restarted, so this is not a failure of the
/// server.
std::expected<void, SqlFailure> SqlServers::ask_server(std::size_t server, const Use& use, Deadline deadline) {
  if (auto kept = take_idle(server)) {
    Done done = use(*kept, deadline);
    if (done) keep(server, std::move(kept));
    if (done || done.error().kind != SqlFailure::Kind::broken) return done;
  }
  return ask_on_new_connection(server, use, deadline);
}

std::expected<void, SqlFailure> SqlServers::ask_on_new_connection(std::size_t server, const Use& use,
                                                                  Deadline deadline) {
  auto connection = connect(source_.servers[server], deadline);
  if (!connection) return std::unexpected(std::move(connection.error()));
  Done done = use(**connection, deadline);
  if (done) keep(server, std::move(*connection));
  return done;
}

/// Names are looked up here, because the libraries would wait for that without a limit.
std::expected<std::unique_ptr<SqlConnection>, SqlFailure> SqlServers::connect(const SqlServer& server,
                                                                              Deadline deadline) const {
  const SqlClient& client = *source_.client;
  const auto names = server.uri.empty() ? std::vector{server.host} : client.names_in(server.uri);
  if (!names) return std::unexpected(SqlFailure{"it is not a valid URI"});
  const auto found = addresses_of(*names, deadline);
  if (!found) return std::unexpected(found.error());
  const std::vector<std::string> addresses = addresses_to_try(*found);
  Connected connection = std::unexpected(SqlFailure{"it has no address"});
  for (std::size_t i = 0; i < addresses.size() && !connection; ++i) {
    connection = client.connect(server, addresses[i], source_.login, share_of(deadline, addresses.size() - i));
  }
  return connection;
}

std::unique_ptr<SqlConnection> SqlServers::take_idle(std::size_t server) {
  for (;;) {
    std::unique_ptr<SqlConnection> connection;
    {
      const std::lock_guard lock(mutex_);
      auto& idle = states_[server].idle;
      if (idle.empty()) return nullptr;
      connection = std::move(idle.back().connection);
      idle.pop_back();
    }
    if (connection->is_ready()) return connection;
  }
}

void SqlServers::keep(std::size_t server, std::unique_ptr<SqlConnection> connection) {
  const bool is_ready = connection->is_ready();
  const std::lock_guard lock(mutex_);
  answered_ = server;
  states_[server].failed_until = {};
  if (is_ready) states_[server].idle.push_back({std::move(connection), Clock::now()});
}

/// The other connections to this server are probably lost too.
void SqlServers::note_failure(std::size_t server) {
  std::vector<Idle> closed;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  if (answered_ == server) answered_.reset();
  states_[server].failed_until = Clock::now() + source_.retry_interval;
  closed.swap(states_[server].idle);
}

void SqlServers::close_idle(Clock::time_point now) {
  std::vector<Idle> closed;
  {
    const std::lock_guard lock(mutex_);
    for (State& state : states_) {
      const auto is_old = [&](const Idle& idle) { return now - idle.since >= source_.idle_interval; };
      for (Idle& idle : state.idle) {
        if (is_old(idle)) closed.push_back(std::move(idle));
      }
      std::erase_if(state.idle, is_old);
    }
  }
}

}  // namespace shorthop
