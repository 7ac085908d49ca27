// Which server of an SQL table is asked, and which connections are kept. The servers are fakes.
#include "tables/types/sql/sql_servers.h"

#include <thread>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;
using SqlKind = SqlFailure::Kind;

/// Servers by name, and how connecting to each and asking it fails.
struct FakeServers {
  struct State {
    std::optional<SqlKind> connecting{}, asking{};
    bool takes_all_time = false;  ///< each query takes all time until the deadline
    int connected = 0, open = 0, asked = 0;
    bool is_lost = false;  ///< kept connections are closed, and the socket shows this
  };
  std::map<std::string, State> by_name;
};

class FakeConnection final : public SqlConnection {
 public:
  explicit FakeConnection(FakeServers::State& server) : server_(server) { ++server_.open; }
  ~FakeConnection() override { --server_.open; }
  FakeConnection(const FakeConnection&) = delete;
  FakeConnection& operator=(const FakeConnection&) = delete;
  FakeConnection(FakeConnection&&) = delete;
  FakeConnection& operator=(FakeConnection&&) = delete;

  bool is_ready() override { return !server_.is_lost; }
  std::expected<std::string, SqlFailure> escaped(std::string_view text) override { return std::string(text); }
  std::expected<bool, SqlFailure> query(const std::string& /*statement*/, SqlRows& /*rows*/, Deadline last) override {
    ++server_.asked;
    if (server_.takes_all_time) std::this_thread::sleep_until(last);
    if (server_.takes_all_time) return std::unexpected(SqlFailure{"late", SqlKind::late});
    if (server_.asking) return std::unexpected(SqlFailure{"asking", *server_.asking});
    return true;
  }

 private:
  FakeServers::State& server_;
};

class FakeClient final : public SqlClient {
 public:
  explicit FakeClient(FakeServers& servers) : servers_(servers) {}
  std::optional<std::vector<std::string>> names_in(const std::string& /*uri*/) const override { return std::nullopt; }
  std::expected<std::unique_ptr<SqlConnection>, SqlFailure> connect(const SqlServer& server,
                                                                    const std::string& /*address*/,
                                                                    const TableParameters& /*login*/,
                                                                    Deadline /*deadline*/) const override {
    FakeServers::State& state = servers_.by_name[server.name];
    ++state.connected;
    if (state.connecting) return std::unexpected(SqlFailure{"connecting", *state.connecting});
    return std::make_unique<FakeConnection>(state);
  }

 private:
  FakeServers& servers_;
};

struct NoRows final : SqlRows {
  void begin() override {}
  bool add(std::optional<std::string_view> /*value*/) override { return true; }
};

/// An SqlServers that asks fake servers on UNIX sockets ("/a") and on addresses ("192.0.2.1"), by their names.
class ServersUnderTest {
 public:
  explicit ServersUnderTest(const std::vector<std::string>& names, std::chrono::seconds idle = 60s,
                            std::chrono::seconds retry = 60s)
      : client_(fakes_), servers_(source_of(client_, names, idle, retry)) {}

  FakeServers::State& operator[](const std::string& name) { return fakes_.by_name[name]; }
  void close_idle(SqlServers::Clock::time_point now) { servers_.close_idle(now); }

  /// "" or the failure.
  std::string ask(std::chrono::milliseconds time = 5s) {
    const auto use = [](SqlConnection& connection, Deadline deadline) -> std::expected<void, SqlFailure> {
      NoRows rows;
      if (auto done = connection.query("SELECT", rows, deadline); !done) return std::unexpected(done.error());
      return {};
    };
    const auto done = servers_.ask(use, SqlServers::Clock::now() + time);
    return done ? "" : done.error().what;
  }

 private:
  static SqlSource source_of(const SqlClient& client, const std::vector<std::string>& names, std::chrono::seconds idle,
                             std::chrono::seconds retry) {
    SqlSource source{.client = &client, .servers = {}, .login = {}, .idle_interval = idle, .retry_interval = retry};
    for (const std::string& name : names) {
      const bool is_socket = name.starts_with('/');
      source.servers.push_back(
          {.name = name, .uri = {}, .host = is_socket ? "" : name, .port = {}, .socket = is_socket ? name : ""});
    }
    return source;
  }

  FakeServers fakes_;
  FakeClient client_;
  SqlServers servers_;
};

}  // namespace

TEST_CASE("mysql_table(5) hosts: UNIX sockets are tried before addresses", "[tables][sql]") {
  for (int i = 0; i < 20; ++i) {
    ServersUnderTest servers({"192.0.2.1", "/a", "192.0.2.2"});
    CHECK(servers.ask().empty());
    CHECK(servers["/a"].asked == 1);
  }
}

TEST_CASE("mysql_table(5) hosts: servers of one kind are asked in random order; the one that answered is asked again",
          "[tables][sql]") {
  int first = 0;
  for (int i = 0; i < 64; ++i) {
    ServersUnderTest servers({"192.0.2.1", "192.0.2.2"});
    for (int j = 0; j < 3; ++j) CHECK(servers.ask().empty());
    CHECK(servers["192.0.2.1"].connected + servers["192.0.2.2"].connected == 1);
    first += servers["192.0.2.1"].connected;
  }
  CHECK((first > 0 && first < 64));  // fails once in 2^63 runs
}

TEST_CASE("sql: if one server fails, the next is asked; the failed one is asked again after retry_interval",
          "[tables][sql]") {
  for (const auto kind : {SqlKind::broken, SqlKind::refused}) {
    ServersUnderTest servers({"/a", "192.0.2.1"});
    (kind == SqlKind::broken ? servers["/a"].connecting : servers["/a"].asking) = kind;
    for (int i = 0; i < 3; ++i) CHECK(servers.ask().empty());
    CHECK(servers["/a"].connected == 1);
    CHECK(servers["192.0.2.1"].asked == 3);
  }
  ServersUnderTest servers({"/a", "192.0.2.1"}, 60s, 0s);
  servers["/a"].connecting = SqlKind::broken;
  CHECK(servers.ask().empty());
  servers["/a"].connecting.reset();
  servers["192.0.2.1"].asking = SqlKind::broken;
  CHECK(servers.ask().empty());
  CHECK(servers["/a"].asked == 1);
}

TEST_CASE("sql: if all servers failed recently, they are asked anyway", "[tables][sql]") {
  ServersUnderTest servers({"/a"});
  servers["/a"].connecting = SqlKind::broken;
  CHECK(servers.ask() == "/a: connecting");
  servers["/a"].connecting.reset();
  CHECK(servers.ask().empty());
}

TEST_CASE("sql: if the only good server fails, one that failed recently is asked in the same look-up",
          "[tables][sql]") {
  ServersUnderTest servers({"/a", "192.0.2.1"});
  servers["/a"].connecting = SqlKind::broken;
  CHECK(servers.ask().empty());
  servers["/a"].connecting.reset();
  servers["192.0.2.1"].asking = SqlKind::broken;
  CHECK(servers.ask().empty());
  CHECK(servers["/a"].asked == 1);
}

TEST_CASE("sql: a good server has all the time, if the others failed recently", "[tables][sql]") {
  ServersUnderTest servers({"/a", "192.0.2.1"});
  servers["/a"].connecting = SqlKind::broken;
  CHECK(servers.ask().empty());
  servers["192.0.2.1"].takes_all_time = true;
  const auto begun = SqlServers::Clock::now();
  CHECK(servers.ask(400ms) != "");
  CHECK(SqlServers::Clock::now() - begun >= 390ms);
}

TEST_CASE("sql: a server that hangs takes its share of the time, and no more", "[tables][sql]") {
  ServersUnderTest servers({"/a", "192.0.2.1"});
  servers["/a"].takes_all_time = true;
  const auto begun = SqlServers::Clock::now();
  CHECK(servers.ask(400ms).empty());
  CHECK(SqlServers::Clock::now() - begun < 390ms);
  CHECK(servers["192.0.2.1"].asked == 1);
  CHECK(servers["/a"].open == 0);
}

TEST_CASE("sql: a key that a server cannot use is not sent to the next one", "[tables][sql]") {
  ServersUnderTest servers({"/a", "192.0.2.1"});
  servers["/a"].asking = SqlKind::bad_data;
  CHECK(servers.ask() == "/a: asking");
  CHECK(servers["192.0.2.1"].connected == 0);
  servers["/a"].asking.reset();
  CHECK(servers.ask().empty());
  CHECK(servers["192.0.2.1"].connected == 0);
}

TEST_CASE("sql: a connection is used again; a lost connection is replaced in the same look-up", "[tables][sql]") {
  ServersUnderTest servers({"/a"});
  for (int i = 0; i < 3; ++i) CHECK(servers.ask().empty());
  CHECK(servers["/a"].connected == 1);
  servers["/a"].is_lost = true;
  CHECK(servers.ask().empty());
  CHECK(servers["/a"].connected == 2);
  CHECK(servers["/a"].open == 0);  // closed: it was not ready for another query
  servers["/a"].is_lost = false;
  CHECK(servers.ask().empty());
  servers["/a"].asking = SqlKind::broken;  // seen only when it is asked
  const int before = servers["/a"].connected;
  CHECK(servers.ask() == "/a: asking");
  CHECK(servers["/a"].connected == before + 1);
}

TEST_CASE("mysql_table(5) idle_interval: a connection that was not used for this time is closed", "[tables][sql]") {
  ServersUnderTest servers({"/a"}, 60s);
  CHECK(servers.ask().empty());
  servers.close_idle(SqlServers::Clock::now() + 59s);
  CHECK(servers["/a"].open == 1);
  servers.close_idle(SqlServers::Clock::now() + 61s);
  CHECK(servers["/a"].open == 0);
  CHECK(servers.ask().empty());
}

TEST_CASE("pgsql: each address of a name is tried, also for a URI", "[tables][sql]") {
  using Texts = std::vector<std::string>;
  CHECK(addresses_to_try({}) == Texts{""});
  CHECK(addresses_to_try({{""}}) == Texts{""});
  CHECK(addresses_to_try({{"192.0.2.1", "192.0.2.2"}}) == Texts{"192.0.2.1", "192.0.2.2"});
  CHECK(addresses_to_try({{"192.0.2.1", "192.0.2.2"}, {""}, {"192.0.2.3"}}) ==
        Texts{"192.0.2.1,,192.0.2.3", "192.0.2.2,,192.0.2.3"});
}

}  // namespace shorthop::test
