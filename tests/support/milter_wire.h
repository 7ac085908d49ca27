// The milter protocol's framing over a socket, as an MTA sees it: packets, byte counts, cuts, time limits.
// No meaning of any packet is known here (fake_mta.h knows it). Source: libmilter/mfdef.h, Postfix milter8(3).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace shorthop::test {

struct Packet {
  char command = 0;
  std::string data;
  bool operator==(const Packet&) const = default;
};

/// A packet as it travels: length of what follows (32 bits, network order), command, data.
std::string framed(char command, std::string_view data = {});
std::string network_long(std::uint32_t value);
std::uint32_t host_long(std::string_view four_bytes);

/// What went wrong on the line; the kinds are what tests tell apart.
struct WireError : std::runtime_error {
  enum class Kind { cannot_connect, closed, timeout, bad_packet };
  WireError(Kind what_kind, const std::string& sentence) : std::runtime_error(sentence), kind(what_kind) {}
  Kind kind;
};

/// One connection to a milter. Writes are collected and leave when a reply is awaited, as Postfix does it.
class Wire {
 public:
  /// `name` is unix:PATH or inet:PORT@HOST. A receive buffer of 0 bytes means the system's own choice.
  explicit Wire(const std::string& name, std::chrono::milliseconds time_limit = std::chrono::seconds(20),
                int receive_buffer = 0);
  ~Wire();
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&&) = delete;

  void put(char command, std::string_view data = {});
  void put_raw(std::string_view bytes);
  void flush();

  /// The next packet, after everything collected has been sent.
  Packet get();
  /// Sends what is collected, says no more, and returns all that still comes until the other side closes.
  std::string drain();
  /// True if nothing has come that get() has not handed out; waits so long for it to come.
  bool quiet_for(std::chrono::milliseconds wait);
  void close();

  /// Once `count` more bytes have been read, `then` runs (once, before another byte is read).
  void after_reading(std::size_t count, std::function<void()> then);
  /// Sends `count` more bytes, then closes; the next read or write is a WireError of kind closed.
  void cut_after_sending(std::size_t count);

  std::size_t bytes_read() const { return bytes_read_; }
  std::size_t bytes_put() const { return bytes_put_; }

 private:
  bool read_more();

  int socket_ = -1;
  std::string unsent_;
  std::string unread_;
  std::size_t unread_from_ = 0;  // bytes of unread_ that get() has handed out
  std::size_t bytes_read_ = 0;
  std::size_t bytes_put_ = 0;
  std::optional<std::size_t> read_trigger_;  // the value of bytes_read_ at which on_read_trigger_ runs
  std::function<void()> on_read_trigger_;
  std::optional<std::size_t> may_still_send_;
};

}  // namespace shorthop::test
