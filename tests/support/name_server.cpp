#include "support/name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace shorthop::test {
namespace {

constexpr std::size_t header_size = 12;

std::string two_bytes(std::size_t number) {
  return {static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 |
         static_cast<unsigned char>(bytes[at + 1]);
}

DnsQuestion question_in(std::string bytes, bool is_tcp) {
  DnsQuestion question{std::move(bytes), {}, 0, is_tcp};
  std::size_t at = header_size;
  while (question.bytes.at(at) != 0) {
    const std::size_t length = static_cast<unsigned char>(question.bytes[at]);
    question.name += (question.name.empty() ? "" : ".") + question.bytes.substr(at + 1, length);
    at += length + 1;
  }
  question.type = static_cast<std::uint16_t>(number_at(question.bytes, at + 1));
  return question;
}

sockaddr_in loopback(in_port_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = port;
  return address;
}

in_port_t bound(const Descriptor& socket, in_port_t port) {
  sockaddr_in address = loopback(port);
  socklen_t length = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no port for a name server");
  return address.sin_port;
}

}  // namespace

std::string dns_reply(const DnsQuestion& question, int rcode, std::uint16_t count, std::string_view records) {
  const std::string section = dns_name(question.name) + two_bytes(question.type) + two_bytes(1);
  std::string reply = question.bytes.substr(0, 2) + two_bytes(0x8180U | static_cast<unsigned>(rcode));
  reply += two_bytes(1) + two_bytes(count) + two_bytes(0) + two_bytes(0);
  // Copies the question of the client, which may have upper-case letters.
  return reply.append(question.bytes, header_size, section.size()).append(records);
}

std::string dns_record(std::uint16_t type, std::string_view data) {
  const std::string owner = "\xc0\x0c";  // the name of the question
  const std::string time = two_bytes(0) + two_bytes(60);
  return (owner + two_bytes(type) + two_bytes(1) + time + two_bytes(data.size())).append(data);
}

std::string dns_name(std::string_view name) {
  std::string bytes;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes.append(1, static_cast<char>(label.size())).append(label);
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return bytes.append(1, '\0');
}

std::string mx_data(std::uint16_t preference, std::string_view host) { return two_bytes(preference) + dns_name(host); }

NameServer::NameServer(Answerer answerer)
    : answerer_(std::move(answerer)),
      udp_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      tcp_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      end_(::eventfd(0, EFD_CLOEXEC)) {
  const in_port_t port = bound(tcp_, bound(udp_, 0));
  if (::listen(tcp_.get(), 8) != 0) throw std::runtime_error("a name server cannot listen");
  address_ = "127.0.0.1:" + std::to_string(ntohs(port));
  thread_ = std::thread([this] { run(); });
}

NameServer::~NameServer() {
  ::eventfd_write(end_.get(), 1);
  thread_.join();
}

void NameServer::run() {
  std::array<pollfd, 3> ready{{{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
  while (ready[2].revents == 0) {
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[0].revents != 0) serve_udp();
    if (ready[1].revents != 0) serve_tcp();
  }
}

void NameServer::serve_udp() const {
  std::array<char, 1500> bytes{};
  sockaddr_storage client{};
  socklen_t length = sizeof client;
  auto* address = reinterpret_cast<sockaddr*>(&client);
  const ssize_t got = ::recvfrom(udp_.get(), bytes.data(), bytes.size(), 0, address, &length);
  if (got < static_cast<ssize_t>(header_size)) return;
  const std::string answer = answerer_(question_in({bytes.data(), static_cast<std::size_t>(got)}, false));
  if (!answer.empty()) ::sendto(udp_.get(), answer.data(), answer.size(), 0, address, length);
}

void NameServer::serve_tcp() const {
  const Descriptor client(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::string bytes(2, '\0');
  if (::recv(client.get(), bytes.data(), 2, MSG_WAITALL) != 2) return;
  bytes.resize(number_at(bytes, 0));
  if (::recv(client.get(), bytes.data(), bytes.size(), MSG_WAITALL) != static_cast<ssize_t>(bytes.size())) return;
  const std::string answer = answerer_(question_in(std::move(bytes), true));
  const std::string sent = two_bytes(answer.size()) + answer;
  if (!answer.empty()) ::send(client.get(), sent.data(), sent.size(), MSG_NOSIGNAL);
}

}  // namespace shorthop::test
