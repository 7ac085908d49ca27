// Runs the real shorthopd with its own settings and tables in a temporary directory. It does not use this host's mail
// system: domains and users are given explicitly.
#pragma once

#include "support/child_process.h"

#include <functional>
#include <string>
#include <string_view>

namespace shorthop::test {

/// The settings and tables of DESIGN 1 and a few more; change them before the daemon starts.
struct Setup {
  std::string mode = "rewrite";
  bool inet = false;                   // a TCP socket on the loopback address instead of a UNIX one
  std::string primary = "192.0.2.10";  // the host from which example.org's mail comes back
  std::string more_main;               // further lines of shorthop.conf
  std::string more_relay;              // further lines of relay.d/example.org.conf
  std::string virtual_aliases =        // virtual(5)
      "user.lastname@example.org  user@example.org\n"
      "abroad@example.org         someone@example.net\n"
      "both@example.org           user@example.com, someone@example.net\n"
      "two@example.org            user@example.com, other@example.com\n"
      "gone@example.org           nobody-here@example.com\n";
  std::string aliases =  // aliases(5)
      "user:       user@example.com\n"
      "other:      other@example.com\n"
      "third:      third@example.com\n"
      "program:    \"|/usr/bin/program\"\n";
  std::string local_recipients = "user\nother\nthird\n";
  std::map<std::string, std::string> environment;
};

class DaemonProcess {
 public:
  /// Starts the daemon and waits until it listens; throws std::runtime_error with its log if it does not.
  explicit DaemonProcess(const Setup& setup = {});

  /// Writes shorthop.conf with these lines, and all other files that a daemon needs, below the directory.
  using LayOut = std::function<void(const std::filesystem::path& directory, const std::string& main_settings)>;
  /// Starts the daemon as above, with the settings and tables that `lay_out` writes.
  explicit DaemonProcess(const LayOut& lay_out);

  /// Sends SIGKILL. Reports of a sanitizer are printed, since the log is deleted with the directory.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// The milter socket, in the form that FakeMta takes.
  const std::string& socket() const { return socket_; }
  std::filesystem::path file(const std::string& name) const { return directory_.path() / name; }
  /// Writes a file in the daemon's directory atomically.
  void write(const std::string& name, std::string_view text) const;

  void start();
  ChildProcess& process() { return process_; }

  /// Runs shorthop with this daemon's settings. Returns the exit status, or -1 if it did not exit.
  int tool(const std::vector<std::string>& arguments) const;

  std::string log() const { return read_text(file("log")); }
  std::vector<std::string> log_lines() const;
  /// Waits for a log line that contains the text; returns it, or an empty string after the time limit.
  std::string wait_for_log(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  /// The number of log lines that contain the text.
  std::size_t count_in_log(std::string_view text) const;

 private:
  TemporaryDirectory directory_;
  std::string socket_;
  std::map<std::string, std::string> environment_;
  ChildProcess process_;
};

}  // namespace shorthop::test
