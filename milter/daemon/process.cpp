#include "daemon/process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/bridge.h"
#include "daemon/control.h"
#include "daemon/counters.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/signals.h"
#include "daemon/sockets.h"
#include "daemon/status.h"
#include "daemon/watchdog.h"
#include "mail/ascii.h"

namespace shorthop {
namespace {

constexpr std::chrono::seconds time_to_finish{2};  // for messages whose edits are being sent when we stop

void print(const Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics) static_cast<void>(std::fputs((diagnostic.text() + "\n").c_str(), stderr));
}

/// Every connection of the MTA is a descriptor; the soft limit is for programs that use select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The shorter of two times as poll(2) takes them, where -1 is for ever.
int sooner(int one, int other) { return one < 0 || (other >= 0 && other < one) ? other : one; }

/// Everything that a running daemon is.
class Daemon {
 public:
  Daemon(const Signals& signals, const std::filesystem::path& main_file, Loaded loaded)
      : signals_(signals),
        log_(loaded.settings.log_format, loaded.settings.log_level),
        current_(std::move(loaded.snapshot)),
        reload_(main_file, std::move(loaded.settings), current_, counters_, log_) {}

  std::optional<Diagnostic> listen();
  int serve();
  int stop(int status);
  void remove_sockets();
  Log& log() { return log_; }

 private:
  std::optional<Diagnostic> listen_for_tool();
  std::optional<Diagnostic> listen_for_mta();
  void start_libmilter();
  std::optional<int> wait_and_serve();
  control::Answer reload();
  control::Answer answer(std::string_view request);
  Status status() const { return {reload_.settings(), counters_, started_, loaded_}; }

  const Signals& signals_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::chrono::system_clock::time_point loaded_ = started_;
  Log log_;
  Counters counters_;
  CurrentSnapshot current_;
  Reload reload_;
  std::unique_ptr<ControlServer> control_;
  OwnSocket control_socket_;
  OwnSocket milter_socket_;
  Watchdog watchdog_;
  const int libmilter_ended_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

std::optional<Diagnostic> Daemon::listen() {
  if (auto problem = listen_for_tool()) return problem;
  return listen_for_mta();
}

std::optional<Diagnostic> Daemon::listen_for_tool() {
  const auto& name = reload_.settings().control;
  if (name.empty()) return std::nullopt;
  const SocketName socket = parse_socket_name(name);
  const auto listener = listen_for_control(socket);
  if (!listener) return listener.error();
  control_socket_ = OwnSocket(socket);
  control_ = std::make_unique<ControlServer>(*listener, [this](std::string_view request) { return answer(request); });
  return std::nullopt;
}

std::optional<Diagnostic> Daemon::listen_for_mta() {
  const Settings& settings = reload_.settings();
  const SocketName socket = parse_socket_name(settings.socket);
  SocketAccess access{.mode = settings.socket_mode, .group = {}};
  if (!settings.socket_group.empty()) {
    const auto group = group_named(settings.socket_group);
    if (!group) return group.error();
    access.group = *group;
  }
  if (auto in_the_way = make_way_for(socket)) return in_the_way;
  const CreationMode creation(access);
  if (!open_filter({current_, counters_, log_}, settings.socket))
    return Diagnostic{
        settings.socket,   0, "libmilter cannot listen there", "its reason is in the syslog", Severity::error,
        Trouble::temporary};
  milter_socket_ = OwnSocket(socket);
  return grant(socket, access);
}

void Daemon::start_libmilter() {
  std::thread([ended = libmilter_ended_] {
    run_filter();
    ::eventfd_write(ended, 1);
  }).detach();
  if (!Signals::keeps_libmilter_away(std::chrono::seconds(1)))
    log_.warning("libmilter may take SIGHUP as a request to stop: reload with shorthop reload or SIGUSR1");
}

int Daemon::serve() {
  start_libmilter();
  const std::string what = summary(reload_.settings());
  log_.info(fmt::format("shorthopd {} listens on {}: {}", SHORTHOP_VERSION, reload_.settings().socket, what));
  notify_ready(what);
  if (const auto period = watchdog_period())
    watchdog_ = Watchdog(parse_socket_name(reload_.settings().socket), *period, notify_alive);
  for (;;) try {
      if (const auto status = wait_and_serve()) return *status;
    } catch (const std::exception& bug) {  // no memory for an answer, say: the mail goes on meanwhile
      counters_.add(Count::exceptions);
      log_.error(fmt::format("a bug or no memory in the main loop: {}", bug.what()));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

/// One turn of the event loop; the exit status if it was the last.
std::optional<int> Daemon::wait_and_serve() {
  std::vector<pollfd> ready = {
      {signals_.descriptor(), POLLIN, 0}, {libmilter_ended_, POLLIN, 0}, watchdog_.waits_for()};
  int patience = watchdog_.milliseconds_left(Watchdog::Clock::now());
  if (control_) {
    const auto more = control_->waits_for();
    ready.insert(ready.end(), more.begin(), more.end());
    patience = sooner(patience, control_->milliseconds_left(ControlServer::Clock::now()));
  }
  if (::poll(ready.data(), ready.size(), patience) < 0) return std::nullopt;  // EINTR
  bool is_to_reload = false;
  while (const auto signal = signals_.next()) {
    if (!Signals::asks_to_reload(*signal)) return EX_OK;
    is_to_reload = true;
  }
  if (ready[1].revents != 0) {
    log_.error("libmilter has given up; its reason is in the syslog");
    return EX_SOFTWARE;
  }
  watchdog_.serve(ready[2], Watchdog::Clock::now());
  if (is_to_reload) reload();
  if (control_) control_->serve(ready, ControlServer::Clock::now());
  return std::nullopt;
}

control::Answer Daemon::reload() {
  notify_reloading();
  auto answer = reload_.run();
  if (answer.exit_status == EX_OK) loaded_ = std::chrono::system_clock::now();
  notify_ready(answer.exit_status == EX_OK ? summary(reload_.settings()) : "the last reload failed, see the log");
  return answer;
}

control::Answer Daemon::answer(std::string_view request) {
  if (request == control::reload) return reload();
  if (request == control::status) return {status_text(status()), EX_OK};
  if (request == control::status_json) return {status_json(status()) + "\n", EX_OK};
  return {fmt::format("no such request: {}\n", printable(request)), EX_USAGE};
}

void Daemon::remove_sockets() {
  milter_socket_.remove();
  control_socket_.remove();
}

/// Takes the sockets away, so that the MTA at once finds nobody, and lets messages that are being edited come to their
/// end. Gives the status back.
int Daemon::stop(int status) {
  notify_stopping();
  remove_sockets();
  control_.reset();
  finish_edits(time_to_finish);
  log_.info("stopped");
  log_.flush();
  return status;
}

}  // namespace

int run_daemon(const std::filesystem::path& main_file) {
  const Signals signals;  // before any thread, also those that look up names while we load
  Diagnostics warnings;
  auto loaded = load(main_file, warnings);
  if (!loaded) {
    print(warnings);
    print(loaded.error());
    return exit_status(loaded.error());
  }
  // Never destroyed: libmilter's threads use it to the very end.
  static Daemon& daemon = *new Daemon(signals, main_file, std::move(*loaded));
  for (const auto& warning : shortened(std::move(warnings), most_told)) daemon.log().write(warning);
  if (::geteuid() == 0) daemon.log().warning("running as root, which nothing here needs: give it a user of its own");
  raise_descriptor_limit();
  if (const auto problem = daemon.listen()) {
    daemon.log().flush();  // warnings first
    print({*problem});
    daemon.remove_sockets();
    return exit_status({*problem});
  }
  const int status = daemon.serve();
  return daemon.stop(status);
}

}  // namespace shorthop
