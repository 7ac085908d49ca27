#include "daemon/process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "control/control_server.h"
#include "daemon/bridge.h"
#include "daemon/loader.h"
#include "daemon/log/log.h"
#include "daemon/metrics/counters.h"
#include "daemon/metrics/metrics_server.h"
#include "daemon/metrics/prometheus_text.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/remembered_state.h"
#include "daemon/return_watch.h"
#include "daemon/signals.h"
#include "daemon/status.h"
#include "daemon/watchdog.h"
#include "system/descriptor.h"
#include "system/sockets.h"
#include "text/ascii.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace shorthop {
namespace {

constexpr std::chrono::seconds time_to_finish{2};  // for messages whose edits are being sent when the daemon stops

void print(const Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics) static_cast<void>(std::fputs((diagnostic.text() + "\n").c_str(), stderr));
}

/// Raises the soft limit, which exists for programs that use select(2). Returns the number of descriptors for
/// connections of the MTA, which need one each. The rest is reserved for clients of the control socket, files of a
/// load, and look-ups.
int raise_descriptor_limit() {
  constexpr rlim_t reserved = ControlServer::max_clients + 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t usable = limit.rlim_max - std::min(reserved, limit.rlim_max / 2);
  return static_cast<int>(std::min<rlim_t>(usable, std::numeric_limits<int>::max()));
}

/// The text as a line, or nothing if it is empty.
std::string line_with(const std::string& text) { return text.empty() ? text : one_line(text) + "\n"; }

/// The shorter of two timeouts of poll(2), where -1 means no limit.
int sooner(int one, int other) { return one < 0 || (other >= 0 && other < one) ? other : one; }

/// Ends the process like exit(3), but destroys nothing: the threads of libmilter and of the loader cannot be joined,
/// and continue to use static objects.
[[noreturn]] void end_process(int status) {
#ifdef __SANITIZE_ADDRESS__
  __lsan_do_leak_check();  // otherwise done by exit(3)
#endif
  std::_Exit(status);
}

struct FirstLoad {
  std::expected<Loaded, Diagnostics> loaded;
  bool is_to_reload = false;  ///< a signal asked for a reload during the load
};

/// Loads on a separate thread, so that a signal to stop ends the process without delay.
FirstLoad load_unless_stopped(const Signals& signals, const std::filesystem::path& main_file, Diagnostics& warnings) {
  const Descriptor finished(::eventfd(0, EFD_CLOEXEC));
  if (!finished.is_open()) throw std::system_error(errno, std::generic_category(), "eventfd");
  std::packaged_task<std::expected<Loaded, Diagnostics>()> task([&] { return load(main_file, warnings); });
  std::thread thread([&task, &finished] {
    task();
    ::eventfd_write(finished.get(), 1);
  });
  bool is_to_reload = false;
  std::array<pollfd, 2> ready{{{signals.descriptor(), POLLIN, 0}, {finished.get(), POLLIN, 0}}};
  while (ready[1].revents == 0) {
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;  // EINTR
    while (const auto signal = signals.next()) {
      if (!Signals::asks_to_reload(*signal)) end_process(EX_OK);
      is_to_reload = true;
    }
  }
  thread.join();
  return {task.get_future().get(), is_to_reload};
}

/// The state of a running daemon. Never destroyed, see end_process().
class Daemon {
 public:
  Daemon(const Signals& signals, const std::filesystem::path& main_file, Loaded loaded)
      : signals_(signals),
        log_(loaded.settings.log_format, loaded.settings.log_level, loaded.settings.log_recipients),
        returns_(counters_, log_, std::move(loaded.refutations)),
        state_(counters_, returns_),
        current_(std::move(loaded.snapshot)),
        reload_(main_file, std::move(loaded.settings), std::move(loaded.data), current_, counters_, log_) {
    state_.restore(reload_.settings()->state);
    returns_.forget_old_data(*current_.get());
  }

  std::optional<Diagnostic> listen(int max_connections);
  int serve(bool is_to_reload);
  void stop();
  void remove_sockets();
  Log& log() { return log_; }

 private:
  std::optional<Diagnostic> listen_for_tool();
  std::optional<Diagnostic> listen_for_metrics();
  std::optional<Diagnostic> listen_for_mta(int max_connections);
  void start_libmilter();
  std::optional<int> wait_and_serve();
  control::Answer load_and_notify();
  void refresh_and_notify();
  void report_failed_save(const Written& saved);
  void answer_waiting_clients(const Loader::Result& result);
  ControlServer::Reply answer(std::string_view request, ControlServer::ClientNumber client);
  std::string status(std::string (*form)(const Status&)) const;
  control::Answer metrics() const;
  Status status_of(const InForce& in_force, const Snapshot& snapshot) const;

  const Signals& signals_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  Log log_;
  Counters counters_;
  ReturnWatch returns_;
  RememberedState state_;
  CurrentSnapshot current_;
  Reload reload_;
  std::optional<Loader> loader_;  // set once there is something to reload
  std::map<ControlServer::ClientNumber, Loader::Ticket> waiting_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<MetricsServer> metrics_;
  SocketFile control_socket_;
  SocketFile milter_socket_;
  Watchdog watchdog_;
  const Descriptor libmilter_ended_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

std::optional<Diagnostic> Daemon::listen(int max_connections) {
  if (auto problem = listen_for_tool()) return problem;
  if (auto problem = listen_for_metrics()) return problem;
  return listen_for_mta(max_connections);
}

std::optional<Diagnostic> Daemon::listen_for_tool() {
  const auto socket = reload_.settings()->control;
  if (!socket) return std::nullopt;
  auto lock = SocketLock::take(*socket);
  if (!lock) return lock.error();
  auto listener = listen_for_control(*socket);
  if (!listener) return listener.error();
  control_socket_ = SocketFile(*socket, std::move(*lock));
  control_ = std::make_unique<ControlServer>(
      std::move(*listener), [this](std::string_view request, auto client) { return answer(request, client); });
  return std::nullopt;
}

std::optional<Diagnostic> Daemon::listen_for_metrics() {
  const auto socket = reload_.settings()->metrics;
  if (!socket) return std::nullopt;
  auto server = MetricsServer::start(*socket, [this] { return metrics().text; });
  if (!server) return server.error();
  metrics_ = std::move(*server);
  return std::nullopt;
}

std::optional<Diagnostic> Daemon::listen_for_mta(int max_connections) {
  const auto settings = reload_.settings();
  const Endpoint& socket = settings->socket;
  SocketAccess access{.mode = settings->socket_mode, .group = {}};
  if (!settings->socket_group.empty()) {
    const auto group = group_named(settings->socket_group);
    if (!group) return group.error();
    access.group = *group;
  }
  auto lock = SocketLock::take(socket);
  if (!lock) return lock.error();
  if (auto conflict = prepare_address(socket)) return conflict;
  const CreationMode creation(access);
  if (!open_filter({current_, counters_, log_, returns_}, socket, max_connections))
    return Diagnostic{{socket.text(), 0},
                      "libmilter cannot listen there",
                      "look for the reason in the syslog",
                      Severity::error,
                      ErrorClass::temporary};
  milter_socket_ = SocketFile(socket, std::move(*lock));
  return grant(socket, access);
}

void Daemon::start_libmilter() {
  std::thread([ended = libmilter_ended_.get()] {
    run_filter();
    ::eventfd_write(ended, 1);
  }).detach();
  if (!Signals::has_replaced_sigwait(std::chrono::seconds(1)))
    log_.warning("libmilter may take SIGHUP as a request to stop: reload with shorthop reload or SIGUSR1");
}

int Daemon::serve(bool is_to_reload) {
  start_libmilter();
  const auto settings = reload_.settings();
  const std::string what = summary(*settings);
  log_.info(fmt::format("shorthopd {} listens on {}: {}", SHORTHOP_VERSION, settings->socket.text(), what));
  notify_ready(what);
  loader_.emplace(Loader::Work{[this] { return load_and_notify(); }, [this] { refresh_and_notify(); }});
  if (is_to_reload) loader_->request();
  if (const auto period = watchdog_period()) watchdog_ = Watchdog(settings->socket, *period, notify_alive);
  for (;;) try {
      if (const auto status = wait_and_serve()) return *status;
    } catch (const std::exception& bug) {  // for example, no memory for an answer: mail is still served
      counters_.add(Count::exceptions);
      log_.error(fmt::format("internal error in the main loop: {}", bug.what()));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

/// One turn of the event loop; returns the exit status if it was the last turn. Never waits for a load or for a client.
std::optional<int> Daemon::wait_and_serve() {
  std::vector<pollfd> ready = {{signals_.descriptor(), POLLIN, 0},
                               {libmilter_ended_.get(), POLLIN, 0},
                               watchdog_.pollfds(),
                               {loader_->descriptor(), POLLIN, 0}};
  int timeout = watchdog_.poll_timeout(Watchdog::Clock::now());
  if (control_) {
    const auto more = control_->pollfds();
    ready.insert(ready.end(), more.begin(), more.end());
    timeout = sooner(timeout, control_->poll_timeout(ControlServer::Clock::now()));
  }
  if (::poll(ready.data(), ready.size(), timeout) < 0) return std::nullopt;  // EINTR
  bool is_to_reload = false;
  while (const auto signal = signals_.next()) {
    if (!Signals::asks_to_reload(*signal)) return EX_OK;
    is_to_reload = true;
  }
  if (ready[1].revents != 0) {
    log_.error("libmilter stopped; look for the reason in the syslog");
    return EX_SOFTWARE;
  }
  watchdog_.serve(ready[2], Watchdog::Clock::now());
  if (is_to_reload) loader_->request();
  if (const auto result = loader_->result()) answer_waiting_clients(*result);
  if (control_) control_->serve(ready, ControlServer::Clock::now());
  return std::nullopt;
}

/// On the loader's thread.
control::Answer Daemon::load_and_notify() {
  notify_reloading();
  auto answer = reload_.run();
  returns_.forget_old_data(*current_.get());
  notify_ready(answer.exit_status != EX_CONFIG ? summary(*reload_.settings()) : "the last reload failed, see the log");
  return answer;
}

/// On the loader's thread.
void Daemon::refresh_and_notify() {
  if (reload_.refresh()) {
    returns_.forget_old_data(*current_.get());
    notify_status(summary(*reload_.settings()));
  }
  const auto settings = reload_.settings();
  returns_.expire(*current_.get(), std::chrono::system_clock::now(), settings->return_time);
  report_failed_save(state_.save_if_due(settings->state, RememberedState::Clock::now()));
  reload_.report_tables();
  log_.report_repetition();
}

void Daemon::report_failed_save(const Written& saved) {
  if (!saved) log_.warning(fmt::format("counts and refuted recipients will not survive a restart: {}", saved.error()));
}

void Daemon::answer_waiting_clients(const Loader::Result& result) {
  std::erase_if(waiting_, [&](const auto& waiting) {
    const auto& [client, ticket] = waiting;
    if (ticket > result.last) return false;
    control_->answer(client, result.answer, ControlServer::Clock::now());
    return true;
  });
}

ControlServer::Reply Daemon::answer(std::string_view request, ControlServer::ClientNumber client) {
  if (request == control::status) return control::Answer{status(status_text), EX_OK};
  if (request == control::status_json) return control::Answer{status(status_json) + "\n", EX_OK};
  if (request == control::settings) return control::Answer{reload_.settings()->fingerprint + "\n", EX_OK};
  if (request == control::generations) return control::Answer{status(status_generations), EX_OK};
  if (request == control::state_failure) return control::Answer{line_with(state_.failure()), EX_OK};
  if (request == control::metrics) return metrics();
  if (request == control::predictions) return control::Answer{status(status_predictions), EX_OK};
  if (request == control::reload) return [this, client] { waiting_[client] = loader_->request(); };
  if (request.starts_with(control::accept_shrink)) {
    return [this, client, relay = std::string(request.substr(control::accept_shrink.size()))] {
      reload_.accept_shrink(relay);
      waiting_[client] = loader_->request();
    };
  }
  return control::Answer{fmt::format("no such request: {}\n", printable(request)), EX_USAGE};
}

control::Answer Daemon::metrics() const {
  const InForce in_force = reload_.in_force();
  const auto snapshot = current_.get();
  auto text = prometheus_text(status_of(in_force, *snapshot));
  if (text) return {std::move(*text), EX_OK};
  return {"this shorthopd was built without metrics\n", EX_UNAVAILABLE};
}

Status Daemon::status_of(const InForce& in_force, const Snapshot& snapshot) const {
  return {*in_force.settings,
          snapshot,
          counters_,
          started_,
          in_force.since,
          log_.lines_lost(),
          reload_.has_failed(),
          reload_.live_counts(),
          state_.failure()};
}

std::string Daemon::status(std::string (*form)(const Status&)) const {
  const InForce in_force = reload_.in_force();
  const auto snapshot = current_.get();
  return form(status_of(in_force, *snapshot));
}

void Daemon::remove_sockets() {
  milter_socket_.remove();
  control_socket_.remove();
  metrics_.reset();
}

/// Removes the sockets, so that the MTA's new connections fail at once, and lets messages that are being edited finish.
/// Does not wait for a running load, which has changed nothing yet.
void Daemon::stop() {
  notify_stopping();
  remove_sockets();
  control_.reset();
  finish_edits(time_to_finish);
  report_failed_save(state_.save(reload_.settings()->state));
  log_.info("stopped");
  log_.flush();
}

}  // namespace

int run_daemon(const std::filesystem::path& main_file) {
  const Signals signals;  // before any thread starts, including those that resolve names during the load
  Diagnostics warnings;
  auto [loaded, is_to_reload] = load_unless_stopped(signals, main_file, warnings);
  if (!loaded) {
    print(warnings);
    print(loaded.error());
    return exit_status(loaded.error());
  }
  static Daemon& daemon = *new Daemon(signals, main_file, std::move(*loaded));
  for (const auto& warning : shortened(std::move(warnings), max_reported)) daemon.log().write(warning);
  if (::geteuid() == 0) daemon.log().warning("running as root, which is not needed: run it as an unprivileged user");
  if (const auto problem = daemon.listen(raise_descriptor_limit())) {
    daemon.log().flush();  // write the warnings first
    print({*problem});
    daemon.remove_sockets();
    return exit_status({*problem});
  }
  const int status = daemon.serve(is_to_reload);
  daemon.stop();
  end_process(status);
}

}  // namespace shorthop
