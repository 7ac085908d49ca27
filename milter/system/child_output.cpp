#include "system/child_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

#include "system/deadline.h"
#include "system/descriptor.h"
#include "system/system_error.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

std::expected<Pipe, std::string> open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(error_text(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// A pair of sockets for standard input: a write to a socket, unlike one to a pipe, need not raise SIGPIPE (send(2)).
std::expected<Pipe, std::string> open_input() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return std::unexpected(error_text(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Attributes of a new child: its descriptors, its own process group, no signals blocked or ignored.
class SpawnRules {
 public:
  /// `input`: -1 for none.
  SpawnRules(int input, int output, int errors, const std::string& directory) {
    posix_spawn_file_actions_init(&actions_);
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
    if (input < 0) {
      posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    }
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR1}) sigaddset(&signals, signal);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnRules() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules(SpawnRules&&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;
  SpawnRules& operator=(SpawnRules&&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// An output stream of the child. The bytes read from it go into `text`, or into the descriptor `file` if it is not
/// negative.
struct Stream {
  Descriptor from;
  std::string text;
  int file = -1;
  std::size_t size = 0;
};

/// Reads the available data; false if the stream has ended, or if the data cannot be written to the file.
bool read_some(Stream& stream) {
  std::array<char, 64 << 10> buffer{};
  const ssize_t count = ::read(stream.from.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0) return false;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  stream.size += bytes.size();
  if (stream.file >= 0) return write_all(stream.file, bytes);
  stream.text += bytes;
  return true;
}

/// The input of the child, and how much of it was written.
struct Input {
  Descriptor to;
  std::string_view rest;
};

/// Writes as much as the socket takes. Closes the socket after the last byte, or if its reader is gone.
void write_some(Input& input) {
  const ssize_t count = ::send(input.to.get(), input.rest.data(), input.rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count > 0) input.rest.remove_prefix(static_cast<std::size_t>(count));
  if (count < 0 || input.rest.empty()) input.to.close();
}

std::string too_slow(const ChildLimits& limits) { return fmt::format("did not end within {} ms", limits.time.count()); }

/// Why a child has to be killed.
struct ReachedLimit {
  std::string what;
  bool is_time = false;
};

/// Writes the input and reads both streams to their ends; returns the limit that is reached first.
std::optional<ReachedLimit> exchange(Input& input, Stream& output, Stream& errors, const ChildLimits& limits,
                                     Deadline deadline) {
  while (output.from.is_open() || errors.from.is_open()) {
    if (has_passed(deadline)) return ReachedLimit{too_slow(limits), true};
    std::array<pollfd, 3> waiting{pollfd{output.from.get(), POLLIN, 0}, pollfd{errors.from.get(), POLLIN, 0},
                                  pollfd{input.to.get(), POLLOUT, 0}};
    if (poll(waiting.data(), waiting.size(), milliseconds_for_poll(deadline)) < 0 && errno != EINTR) {
      return ReachedLimit{"cannot be read"};
    }
    if (waiting[2].revents != 0) write_some(input);
    if (waiting[0].revents != 0 && !read_some(output)) output.from.close();
    if (waiting[1].revents != 0 && !read_some(errors)) errors.from.close();
    if (output.size + errors.size > limits.bytes) {
      return ReachedLimit{fmt::format("printed more than {} bytes", limits.bytes)};
    }
  }
  return std::nullopt;
}

/// The wait status; nullopt if the child still runs at the deadline (a child may close its output and go on), or if its
/// status was collected elsewhere.
std::optional<int> wait_status(pid_t pid, Deadline deadline) {
  std::chrono::microseconds pause{100};  // most children close their output only when they end
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if ((ended < 0 && errno != EINTR) || has_passed(deadline)) return std::nullopt;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::microseconds(5000));
  }
}

/// Sends SIGKILL to the process group of the child, so that children of a script end too. Waits for the child.
void kill_group(pid_t pid) {
  kill(-pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string how_it_ended(int status) {
  if (WIFEXITED(status)) return fmt::format("ended with status {}", WEXITSTATUS(status));
  return fmt::format("was ended by signal {}", WTERMSIG(status));
}

bool is_warning(std::string_view line) { return line.contains(": warning: "); }

/// Whether the line is part of a frame that ssh(1) draws around a message: it has no letter and no digit.
bool is_frame_line(std::string_view line) {
  return std::ranges::none_of(line, [](unsigned char c) { return std::isalnum(c) != 0; });
}

/// The failure of a child whose exit status is not 0. The sentence quotes the first line of standard error that is not
/// a warning, or else the first warning. Lines of a frame are skipped.
ChildFailure failure_of(const std::string& program, int status, std::string_view errors) {
  ChildFailure failure;
  std::string_view chosen;
  for (const std::string_view line : lines_of(trimmed(errors))) {
    if (is_frame_line(line)) continue;
    if (chosen.empty()) chosen = line;
    if (is_warning(line)) continue;
    chosen = line;
    failure.has_error_message = true;
    break;
  }
  if (WIFEXITED(status)) failure.exit_status = WEXITSTATUS(status);
  failure.what = fmt::format("{} {}", program, how_it_ended(status));
  if (!chosen.empty()) failure.what += ": " + printable(trimmed(chosen), 200);
  return failure;
}

/// Environment of the child: this process's environment, but with English messages, and without variables that
/// configure mail programs.
std::vector<std::string> child_environment() {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("LC_") && !text.starts_with("MAIL_")) result.emplace_back(text);
  }
  result.emplace_back("LC_ALL=C");
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// A child that has ended, by itself or by a signal.
struct EndedChild {
  int status = 0;  ///< as waitpid(2) gives it
  std::string output;
  std::string errors;
};

/// Standard input, output and error of the child. The parent closes the child's ends once the child runs.
struct Streams {
  Pipe input;
  Pipe output;
  Pipe errors;
};

std::expected<Streams, std::string> open_streams(bool has_input) {
  Streams streams;
  auto output = open_pipe();
  auto errors = open_pipe();
  if (!output || !errors) return std::unexpected((output ? errors : output).error());
  streams.output = std::move(*output);
  streams.errors = std::move(*errors);
  if (!has_input) return streams;
  auto input = open_input();
  if (!input) return std::unexpected(input.error());
  streams.input = std::move(*input);
  return streams;
}

std::expected<pid_t, std::string> start_child(const std::string& program, const std::vector<std::string>& arguments,
                                              Streams& streams, const std::string& directory) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = child_environment();
  const SpawnRules rules(streams.input.read_end.get(), streams.output.write_end.get(), streams.errors.write_end.get(),
                         directory);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), rules.actions(), rules.attributes(), pointers_to(words).data(),
                                pointers_to(environment).data());
  if (error != 0) return std::unexpected(error_text(error));
  streams.input.read_end.close();
  streams.output.write_end.close();
  streams.errors.write_end.close();
  return pid;
}

std::expected<EndedChild, ChildFailure> wait_for_child(const std::string& program,
                                                       const std::vector<std::string>& arguments,
                                                       std::string_view input_text, const ChildLimits& limits,
                                                       int output_file = -1, const std::string& directory = {}) {
  using Kind = ChildFailure::Kind;
  const auto failure = [&](const std::string& what, Kind kind = Kind::failed) {
    return std::unexpected(ChildFailure{kind, fmt::format("{} {}", program, what)});
  };
  auto streams = open_streams(!input_text.empty());
  if (!streams) return failure("cannot be started: " + streams.error());
  const auto pid = start_child(program, arguments, *streams, directory);
  if (!pid) return failure("cannot be started: " + pid.error());

  Input input{std::move(streams->input.write_end), input_text};
  Stream output{std::move(streams->output.read_end), {}, output_file};
  Stream errors{std::move(streams->errors.read_end), {}};
  const auto deadline = std::chrono::steady_clock::now() + limits.time;
  const auto limit = exchange(input, output, errors, limits, deadline);
  const auto status = limit ? std::nullopt : wait_status(*pid, deadline);
  if (!status) {
    kill_group(*pid);
    const bool is_time = !limit || limit->is_time;
    return failure(limit ? limit->what : too_slow(limits), is_time ? Kind::timed_out : Kind::failed);
  }
  return EndedChild{*status, std::move(output.text), std::move(errors.text)};
}

}  // namespace

std::string find_program(std::string_view name) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing in this program changes it
  std::string places = path != nullptr ? path : "";
  places += ":/usr/sbin:/usr/local/sbin:/usr/bin:/sbin:/bin";
  std::string_view rest = places;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, end), name);
    if (candidate.starts_with('/') && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::expected<std::string, ChildFailure> child_output(const std::string& program,
                                                      const std::vector<std::string>& arguments,
                                                      const ChildLimits& limits) {
  auto ended = wait_for_child(program, arguments, {}, limits);
  if (!ended) return std::unexpected(std::move(ended.error()));
  if (ended->status != 0) return std::unexpected(failure_of(program, ended->status, ended->errors));
  return std::move(ended->output);
}

std::expected<void, ChildFailure> child_output_to(int output, const std::string& program,
                                                  const std::vector<std::string>& arguments,
                                                  const ChildLimits& limits) {
  auto ended = wait_for_child(program, arguments, {}, limits, output);
  if (!ended) return std::unexpected(std::move(ended.error()));
  if (ended->status != 0) return std::unexpected(failure_of(program, ended->status, ended->errors));
  return {};
}

std::expected<ChildRun, ChildFailure> run_child(const std::string& program, const std::vector<std::string>& arguments,
                                                std::string_view input, const ChildLimits& limits,
                                                const std::string& directory) {
  constexpr int output_file = -1;
  auto ended = wait_for_child(program, arguments, input, limits, output_file, directory);
  if (!ended) return std::unexpected(std::move(ended.error()));
  if (!WIFEXITED(ended->status)) return std::unexpected(failure_of(program, ended->status, ended->errors));
  return ChildRun{WEXITSTATUS(ended->status), std::move(ended->output), std::move(ended->errors)};
}

}  // namespace shorthop
