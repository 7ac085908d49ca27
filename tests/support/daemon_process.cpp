#include "support/daemon_process.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace shorthop::test {
namespace {

std::string program(const std::string& name) { return std::string(SHORTHOP_BINARY_DIR "/") + name; }

/// The lines of shorthop.conf that name the sockets; every daemon of a test needs them.
std::string socket_settings(const std::string& socket, const std::filesystem::path& directory) {
  return "socket = " + socket + "\ncontrol = unix:" + (directory / "control.sock").string() + "\n";
}

std::string main_settings(const Setup& setup) {
  return "mode             = " + setup.mode + "\n" +
         "local-domains    = example.com mail.example.com\n"
         "local-recipients = text:local-recipients\n"
         "settle-time      = 0s\n" +
         setup.more_main;
}

std::string relay_settings(const Setup& setup) {
  return "domains            = example.org\n"
         "primary            = " +
         setup.primary + "\n" +
         "profile            = postfix\n"
         "virtual-alias-maps = text:../virtual\n"
         "alias-maps         = text:../aliases\n"
         "recipient-delimiter = +\n"
         "primary-domains    = example.org\n"
         "arrives-here       = example.com mail.example.com\n" +
         setup.more_relay;
}

}  // namespace

DaemonProcess::DaemonProcess(const Setup& setup) : environment_(setup.environment) {
  socket_ = setup.inet ? "inet:" + free_loopback_port() + "@127.0.0.1" : "unix:" + file("milter.sock").string();
  write("shorthop.conf", socket_settings(socket_, directory_.path()) + main_settings(setup));
  write("relay.d/example.org.conf", relay_settings(setup));
  write("virtual", setup.virtual_aliases);
  write("aliases", setup.aliases);
  write("local-recipients", setup.local_recipients);
  start();
}

DaemonProcess::DaemonProcess(const LayOut& lay_out) : socket_("unix:" + file("milter.sock").string()) {
  lay_out(directory_.path(), socket_settings(socket_, directory_.path()));
  start();
}

DaemonProcess::~DaemonProcess() {
  process_.kill_now();
  const std::string text = log();
  for (const auto* mark : {"Sanitizer", "runtime error: "})
    if (text.find(mark) != std::string::npos) std::fprintf(stderr, "the log of shorthopd:\n%s\n", text.c_str());
}

void DaemonProcess::write(const std::string& name, std::string_view text) const {
  const auto path = file(name);
  std::filesystem::create_directories(path.parent_path());
  const auto fresh = path.parent_path() / ("." + path.filename().string());
  std::ofstream(fresh, std::ios::binary) << text;
  std::filesystem::rename(fresh, path);
}

void DaemonProcess::start() {
  process_.start({program("shorthopd"), "--config", file("shorthop.conf").string()}, file("log"), environment_);
  try {
    process_.wait_for_listener(socket_);
  } catch (const std::runtime_error& failure) {
    throw std::runtime_error(std::string(failure.what()) + "; the log of shorthopd:\n" + log());
  }
}

int DaemonProcess::tool(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {program("shorthop"), "--config", file("shorthop.conf").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  ChildProcess process;
  process.start(command, file("tool-output"));
  const int status = process.wait_for_end();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<std::string> DaemonProcess::log_lines() const {
  std::istringstream text(log());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string DaemonProcess::wait_for_log(std::string_view text, std::chrono::milliseconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  do {
    for (const auto& line : log_lines())
      if (line.find(text) != std::string::npos) return line;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  } while (std::chrono::steady_clock::now() < until);
  return "";
}

std::size_t DaemonProcess::count_in_log(std::string_view text) const {
  const auto lines = log_lines();
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [text](const auto& line) { return line.find(text) != std::string::npos; }));
}

}  // namespace shorthop::test
