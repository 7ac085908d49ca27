#include "support/child_process.h"

#include "support/milter_wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

constexpr auto max_start_time = 20s;  // enough for a sanitizer build on a busy machine
constexpr auto max_stop_time = 20s;   // libmilter takes up to 5 s to stop
constexpr auto poll_interval = 2ms;

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!more.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
  }
  for (const auto& [name, value] : more) all.emplace_back(name).append("=").append(value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  all.reserve(strings.size() + 1);
  for (auto& text : strings) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

ChildProcess::~ChildProcess() { kill_now(); }

void ChildProcess::start(std::vector<std::string> arguments, const std::filesystem::path& output,
                         const std::map<std::string, std::string>& environment) {
  std::vector<std::string> variables = environment_with(environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) throw std::runtime_error("cannot write " + output.string());
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // so that no daemon outlives a test that crashed
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execve(argv.front(), argv.data(), envp.data());
    ::perror(argv.front());
    ::_exit(127);
  }
  ::close(log);
}

void ChildProcess::wait_for_listener(const std::string& socket) {
  const auto limit = std::chrono::steady_clock::now() + max_start_time;
  while (std::chrono::steady_clock::now() < limit) {
    try {
      const Wire probe(socket);
      return;
    } catch (const WireError&) {
      if (!is_running()) throw std::runtime_error("the program ended before it listened at " + socket);
      std::this_thread::sleep_for(poll_interval);
    }
  }
  throw std::runtime_error("nothing listens at " + socket);
}

bool ChildProcess::is_running() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

void ChildProcess::send_signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

void ChildProcess::kill_now() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ChildProcess::wait_for_end() {
  int status = -1;
  const auto limit = std::chrono::steady_clock::now() + max_stop_time;
  while (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > limit) {
      kill_now();
      return -1;
    }
    std::this_thread::sleep_for(poll_interval);
  }
  pid_ = -1;
  return status;
}

int ChildProcess::stop() {
  send_signal(SIGTERM);
  return wait_for_end();
}

std::chrono::duration<double> ChildProcess::processor_time() const {
  clockid_t clock = 0;
  timespec used{};
  if (pid_ <= 0 || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    throw std::runtime_error("cannot read the processor time of the process; it is gone");
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::string free_loopback_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no free port on the loopback address");
  ::close(fd);
  return std::to_string(ntohs(address.sin_port));
}

std::string read_text(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace shorthop::test
