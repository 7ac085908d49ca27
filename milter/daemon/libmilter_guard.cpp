#include "daemon/libmilter_guard.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>

namespace shorthop {
namespace {

// Commands of the milter protocol (libmilter/mfdef.h): macros for a step, negotiation.
constexpr char macro_command = 'D';
constexpr char negotiation_command = 'O';
constexpr char invalid_command = '\0';  // below SMFIC_VALIDCMD: mi_engine() closes the connection (engine.c)

std::atomic<int> max_descriptors = std::numeric_limits<int>::max();
std::atomic<std::chrono::milliseconds> max_packet_time = std::chrono::milliseconds(packet_time);
std::atomic<void (*)(ConnectionFault)> reporter = nullptr;
thread_local std::optional<Offer> offer;

void report(ConnectionFault what) {
  if (const auto report_to = reporter.load()) report_to(what);
}

/// libmilter's original function of this name.
template <class Function>
Function* original_function(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Debian's libmilter has a thread pool, in which a thread reads only from connections with pending data (worker.c).
/// Without the pool, a thread waits in mi_rd_cmd for the next command, for as long as the SMTP client is idle.
bool has_pool() {
  static const bool found = ::dlsym(RTLD_DEFAULT, "mi_pool_controller_init") != nullptr;
  return found;
}

/// The limit, or the time limit of a packet if that is shorter.
timeval limit_for_packet(const timeval& limit) {
  const std::chrono::milliseconds own = max_packet_time.load();
  if (std::chrono::seconds(limit.tv_sec) <= own) return limit;
  return {own.count() / 1000, own.count() % 1000 * 1000};
}

std::uint32_t number_at(std::string_view packet, std::size_t offset) {
  std::uint32_t number = 0;
  std::memcpy(&number, packet.data() + offset, sizeof number);
  return ntohl(number);
}

/// Version, actions, steps: four bytes each.
void remember_offer(std::string_view packet) {
  constexpr std::size_t number_size = 4;
  if (packet.size() < 3 * number_size) return;
  offer = Offer{number_at(packet, number_size), number_at(packet, 2 * number_size)};
}

bool is_acceptable(char command, std::string_view packet) {
  if (command == negotiation_command) remember_offer(packet);
  return command != macro_command || are_pairs(packet);
}

bool is_out_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

std::optional<Offer> last_offer() { return offer; }

void guard_libmilter(int descriptors, std::chrono::milliseconds packet_limit, void (*report_to)(ConnectionFault what)) {
  max_descriptors = descriptors;
  max_packet_time = packet_limit;
  reporter = report_to;
}

bool are_pairs(std::string_view packet) {
  if (packet.size() <= 1) return true;
  return packet.back() == '\0' && std::ranges::count(packet.substr(1), '\0') % 2 == 0;
}

}  // namespace shorthop

// These replace libmilter's and libc's functions in the whole program: the linker exports them because libmilter refers
// to them.

/// comm.c: reads one packet from the MTA. Closes the connection if macros are not pairs, because smfi_getsymval() takes
/// strings in pairs and would read past the end of an odd list.
extern "C" char* mi_rd_cmd(int socket, timeval* limit, char* command, std::size_t* length, char* name) {
  static const auto read_packet = shorthop::original_function<decltype(mi_rd_cmd)>("mi_rd_cmd");
  timeval own_limit = shorthop::has_pool() ? shorthop::limit_for_packet(*limit) : *limit;
  char* packet = read_packet(socket, &own_limit, command, length, name);
  if (packet == nullptr || shorthop::is_acceptable(*command, {packet, *length})) return packet;
  std::free(packet);
  *command = shorthop::invalid_command;
  *length = 0;
  shorthop::report(shorthop::ConnectionFault::macros);
  return nullptr;
}

/// comm.c: writes one packet to the MTA.
extern "C" int mi_wr_cmd(int socket, timeval* limit, int command, char* data, std::size_t length) {
  static const auto write_packet = shorthop::original_function<decltype(mi_wr_cmd)>("mi_wr_cmd");
  timeval own_limit = shorthop::limit_for_packet(*limit);
  return write_packet(socket, &own_limit, command, data, length);
}

/// accept(2) returns the lowest free descriptor, so its number tells how many are in use.
extern "C" int accept(int listener, sockaddr* address, socklen_t* length) {
  constexpr std::chrono::milliseconds pause{100};
  const int connection = ::accept4(listener, address, length, SOCK_CLOEXEC);
  if (connection >= shorthop::max_descriptors) {
    ::close(connection);
    shorthop::report(shorthop::ConnectionFault::connection);
    errno = ECONNABORTED;  // libmilter continues at once
    return -1;
  }
  if (connection < 0 && shorthop::is_out_of_descriptors(errno)) {
    const int error = errno;
    std::this_thread::sleep_for(pause);
    errno = error;
  }
  return connection;
}
