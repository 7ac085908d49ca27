// Framing of the milter protocol on a socket, on the MTA's side: packets, byte counts, cuts, time limits. The meaning
// of packets is in fake_mta.h. Source: libmilter/mfdef.h, Postfix milter8(3).
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

/// A packet on the wire: length of the rest (32 bits, network order), command, data.
std::string framed(char command, std::string_view data = {});
std::string network_long(std::uint32_t value);
std::uint32_t host_long(std::string_view four_bytes);

/// A failure on the connection; tests distinguish the kinds.
struct WireError : std::runtime_error {
  enum class Kind { cannot_connect, closed, timeout, bad_packet };
  WireError(Kind what_kind, const std::string& sentence) : std::runtime_error(sentence), kind(what_kind) {}
  Kind kind;
};

/// One connection to a milter. Writes are buffered until a reply is awaited, as in Postfix.
class Wire {
 public:
  /// `name` is unix:PATH or inet:PORT@HOST. A receive buffer of 0 bytes means the system's default.
  explicit Wire(const std::string& name, std::chrono::milliseconds time_limit = std::chrono::seconds(20),
                int receive_buffer = 0);
  ~Wire();
  Wire(Wire&& other) noexcept;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  Wire& operator=(Wire&&) = delete;

  void put(char command, std::string_view data = {});
  void put_raw(std::string_view bytes);
  void flush();

  /// Sends the buffered data and returns the next packet.
  Packet get();
  /// Sends the buffered data and reads until the other side closes. Then closes this side, and returns the data that
  /// get() has not returned.
  std::string drain();
  /// True if get() has returned all data so far, and no more arrives within this time.
  bool quiet_for(std::chrono::milliseconds wait);
  void close();

  /// Calls `then` once, after `count` more bytes were read and before the next one is.
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
  std::size_t unread_from_ = 0;  // bytes of unread_ that get() has returned
  std::size_t bytes_read_ = 0;
  std::size_t bytes_put_ = 0;
  std::optional<std::size_t> read_trigger_;  // the value of bytes_read_ at which on_read_trigger_ runs
  std::function<void()> on_read_trigger_;
  std::optional<std::size_t> may_still_send_;
};

}  // namespace shorthop::test
