// A program run as a child of the test, with its output in a file; it can be stopped, killed or waited for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace shorthop::test {

class ChildProcess {
 public:
  ChildProcess() = default;
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Standard output and error are appended to `output`. The child is killed when the thread that started it ends.
  void start(std::vector<std::string> arguments, const std::filesystem::path& output,
             const std::map<std::string, std::string>& environment = {});
  /// Waits until a listener accepts connections at this milter socket; throws std::runtime_error after a time limit.
  void wait_for_listener(const std::string& socket);

  bool is_running();
  void send_signal(int signal) const;
  /// Sends SIGKILL; returns when the process is gone.
  void kill_now();
  /// Waits for the process to exit; returns the wait status of waitpid(2), or -1 if it had to be killed.
  int wait_for_end();
  /// SIGTERM, then wait_for_end().
  int stop();
  /// Processor time used so far by all threads.
  std::chrono::duration<double> processor_time() const;

 private:
  pid_t pid_ = -1;
};

/// A port that was free a moment ago. If another process takes it, the program that uses it fails with a message.
std::string free_loopback_port();

std::string read_text(const std::filesystem::path& file);

}  // namespace shorthop::test
