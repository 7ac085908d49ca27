// status and reload with a daemon played by the test: its answer is printed, and nothing makes the tool hang.
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "control/control_client.h"
#include "support/catch.h"
#include "unit/tool/world.h"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using shorthop::ask_daemon;
using shorthop::Endpoint;
using shorthop::test::Ran;
using shorthop::test::World;

namespace {

/// Listens at a control socket and gives one answer.
class OneAnswer {
 public:
  using Reply = std::function<void(int connection)>;

  OneAnswer(const std::string& path, Reply reply) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path, address.sun_path);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 1) != 0) {
      throw std::runtime_error("cannot listen at " + path);
    }
    thread_ = std::thread([this, reply = std::move(reply)] { answer(reply); });
  }
  OneAnswer(const std::string& path, std::string text)
      : OneAnswer(path, [text = std::move(text)](int connection) {
          static_cast<void>(::send(connection, text.data(), text.size(), MSG_NOSIGNAL));
        }) {}
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);  // ends an accept that still waits
    thread_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  /// Waits until the answer is sent, and returns the request.
  std::string request() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return asked_;
  }

 private:
  void answer(const Reply& reply) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    for (char byte = 0; byte != '\n' && ::recv(connection, &byte, 1, 0) == 1;) asked_ += byte;
    reply(connection);
    ::close(connection);
  }

  int listener_;
  std::string asked_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("status asks the daemon at the socket in the settings and prints its answer", "[tool][control]") {
  const World world("unix:control.sock");
  OneAnswer daemon(world.file("control.sock"), "mode: rewrite\nsnapshot: 3\nexit 0\n");
  const Ran ran = world.tool({"status"});
  CHECK(ran.status == EX_OK);
  CHECK(ran.output == "mode: rewrite\nsnapshot: 3\n");
  CHECK(ran.errors.empty());
  CHECK(daemon.request() == "status\n");
}

TEST_CASE("status --json asks for JSON", "[tool][control]") {
  const World world("unix:control.sock");
  OneAnswer daemon(world.file("control.sock"), "{}\nexit 0\n");
  CHECK(world.tool({"status", "--json"}).output == "{}\n");
  CHECK(daemon.request() == "status json\n");
}

TEST_CASE("reload exits 78 with the reasons if the old snapshot stays", "[tool][control]") {
  const World world("unix:control.sock");
  const std::string reasons = "/etc/shorthop/relay.d/a.conf:3: error: there is no setting \"domian\"\n";
  OneAnswer daemon(world.file("control.sock"), reasons + "exit 78\n");
  const Ran ran = world.tool({"reload"});
  CHECK(ran.status == EX_CONFIG);
  CHECK(ran.output.empty());
  CHECK(ran.errors == reasons);
  CHECK(daemon.request() == "reload\n");
}

TEST_CASE("no daemon: exit 75, with the socket and the fix", "[tool][control]") {
  const World world("unix:control.sock");
  for (const std::string subcommand : {"status", "reload"}) {
    const Ran ran = world.tool({subcommand});
    CHECK(ran.status == EX_TEMPFAIL);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, ContainsSubstring("the daemon does not answer at unix:" + world.file("control.sock")) &&
                               ContainsSubstring("no such file or directory") &&
                               ContainsSubstring("(fix: start shorthopd, or correct the setting control)"));
  }
}

TEST_CASE("a stale socket means that there is no daemon", "[tool][control]") {
  const World world("unix:control.sock");
  {
    const OneAnswer gone(world.file("control.sock"), "");
  }
  const Ran ran = world.tool({"status"});
  CHECK(ran.status == EX_TEMPFAIL);
  CHECK_THAT(ran.errors, ContainsSubstring("connection refused"));
  CHECK_THAT(world.tool({"check", "--no-dns"}).output,
             !ContainsSubstring("[daemon-silent]") && ContainsSubstring("[control-socket-gone]"));
}

TEST_CASE("check reports a daemon that listens and does not answer", "[tool][control]") {
  const World world("unix:control.sock");
  const OneAnswer daemon(world.file("control.sock"), "");
  CHECK_THAT(world.tool({"check", "--no-dns"}).output,
             ContainsSubstring("shorthop.conf: warning: the daemon does not answer at unix:") &&
                 ContainsSubstring("control.sock: the answer is truncated [daemon-silent]\n"));
}

TEST_CASE("an answer without a valid last line (exit N) is discarded", "[tool][control]") {
  for (const std::string cut : {"", "mode: rewrite\n", "mode: rewrite\nexit 0", "exit \n", "exit x\n", "exit 1000\n"}) {
    const World world("unix:control.sock");
    const OneAnswer daemon(world.file("control.sock"), cut);
    const Ran ran = world.tool({"status"});
    CAPTURE(cut);
    CHECK(ran.status == EX_TEMPFAIL);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, ContainsSubstring("truncated"));
  }
}

TEST_CASE("the wait for a silent daemon ends at the limit", "[tool][control]") {
  const World world("unix:control.sock");
  const OneAnswer daemon(world.file("control.sock"), [](int) { std::this_thread::sleep_for(400ms); });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = ask_daemon(Endpoint::unix_socket(world.file("control.sock")), "status", 100ms);
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().what, ContainsSubstring("timed out"));
  CHECK(answer.error().is_silent);
  CHECK(took >= 100ms);
  CHECK(took < 390ms);
}

TEST_CASE("the wait for the end of an endless answer ends at the limit too", "[tool][control]") {
  const World world("unix:control.sock");
  const OneAnswer daemon(world.file("control.sock"), [](int connection) {
    while (::send(connection, "more\n", 5, MSG_NOSIGNAL) == 5) std::this_thread::sleep_for(5ms);
  });
  const auto answer = ask_daemon(Endpoint::unix_socket(world.file("control.sock")), "status", 200ms);
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().what, ContainsSubstring("timed out"));
  CHECK(answer.error().is_silent);
}

TEST_CASE("a long answer arrives completely", "[tool][control]") {
  const World world("unix:control.sock");
  const std::string lines(1'000'000, '\n');
  const OneAnswer daemon(world.file("control.sock"), [&lines](int connection) {
    const std::string text = lines + "exit 65\n";
    std::string_view left = text;
    for (ssize_t sent = 0; !left.empty() && (sent = ::send(connection, left.data(), left.size(), MSG_NOSIGNAL)) > 0;) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
  });
  const auto answer = ask_daemon(Endpoint::unix_socket(world.file("control.sock")), "reload", 20s);
  REQUIRE(answer);
  CHECK(answer->text == lines);
  CHECK(answer->exit_status == 65);
}

TEST_CASE("a path that is too long for a socket is reported as such", "[tool][control]") {
  CHECK_THAT(ask_daemon(Endpoint::unix_socket("/" + std::string(200, 'x')), "status", 1s).error().text(),
             ContainsSubstring("set control to unix:/PATH"));
  CHECK_THAT(ask_daemon(Endpoint::parse("inet:1@localhost").value(), "status", 1s).error().text(),
             ContainsSubstring("set control to unix:/PATH"));
}

TEST_CASE("without a control socket in the settings: exit 78", "[tool][control]") {
  const World world("unix:control.sock");
  world.write("shorthop.conf",
              "control = none\nlocal-domains = example.com\nlocal-recipients = text:local-recipients\n");
  const Ran ran = world.tool({"status"});
  CHECK(ran.status == EX_CONFIG);
  CHECK_THAT(ran.errors, ContainsSubstring("shorthop.conf") && ContainsSubstring("set control to unix:/PATH"));
}

TEST_CASE("errors in other settings are left to the daemon: it is asked anyway", "[tool][control]") {
  const World world("unix:control.sock");
  world.write("relay.d/example.org.conf", "domians = example.org\n");
  world.write("shorthop.conf", "mdoe = rewrite\ncontrol = unix:control.sock  # beside this file\nno sense\n");
  OneAnswer daemon(world.file("control.sock"), "up\nexit 0\n");
  const Ran ran = world.tool({"status"});
  CHECK(ran.status == EX_OK);
  CHECK(ran.output == "up\n");
}

TEST_CASE("an invalid control socket is an error with its place: exit 78", "[tool][control]") {
  const World world("unix:control.sock");
  world.write("shorthop.conf", "mode = rewrite\ncontrol = inet:10@127.0.0.1\n");
  const Ran ran = world.tool({"reload"});
  CHECK(ran.status == EX_CONFIG);
  CHECK_THAT(ran.errors, ContainsSubstring(world.config() + ":2: error: control: "));
  CHECK(world.tool({"status", "--config", world.file("none.conf")}).status == EX_CONFIG);  // the last --config is used
  CHECK(shorthop::test::run({"status", "--config", world.file("none.conf")}).status == EX_NOINPUT);
}
