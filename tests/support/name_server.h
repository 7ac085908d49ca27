// A name server for tests on the loopback address, with UDP and TCP on one port. The test supplies the function that
// makes the replies.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "system/descriptor.h"

namespace shorthop::test {

/// A question as received (RFC 1035, 4.1).
struct DnsQuestion {
  std::string bytes;
  std::string name;  ///< "mail.example.org"
  std::uint16_t type = 0;
  bool is_tcp = false;
};

inline constexpr std::uint16_t type_a = 1, type_cname = 5, type_mx = 15, type_aaaa = 28;

/// A reply: the header with this rcode, the question, and `count` records (`records`: their bytes).
std::string dns_reply(const DnsQuestion& question, int rcode, std::uint16_t count = 0, std::string_view records = {});
/// A record, as bytes, for the name that was asked for.
std::string dns_record(std::uint16_t type, std::string_view data);
/// A name without compression (RFC 1035, 3.1).
std::string dns_name(std::string_view name);
std::string mx_data(std::uint16_t preference, std::string_view host);

class NameServer {
 public:
  /// Returns the bytes of the reply; empty: no reply.
  using Answerer = std::function<std::string(const DnsQuestion& question)>;

  explicit NameServer(Answerer answerer);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer(NameServer&&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  NameServer& operator=(NameServer&&) = delete;

  /// "127.0.0.1:PORT".
  const std::string& address() const { return address_; }

 private:
  void run();
  void serve_udp() const;
  void serve_tcp() const;

  Answerer answerer_;
  Descriptor udp_;
  Descriptor tcp_;
  Descriptor end_;
  std::string address_;
  std::thread thread_;
};

}  // namespace shorthop::test
