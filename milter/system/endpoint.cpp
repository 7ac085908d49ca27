#include "system/endpoint.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "text/ascii.h"
#include "text/number.h"

namespace shorthop {
namespace {

using Error = Endpoint::Error;

/// The parts before and after the first colon; absent without a colon.
std::optional<std::pair<std::string_view, std::string_view>> type_and_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  return std::pair(text.substr(0, colon), text.substr(colon + 1));
}

std::optional<Endpoint::Type> type_named(std::string_view name) {
  if (name == "unix" || name == "local") return Endpoint::Type::local;
  if (name == "inet") return Endpoint::Type::inet;
  if (name == "inet6") return Endpoint::Type::inet6;
  return std::nullopt;
}

/// 0 if the text is not a port.
std::uint16_t port_in(std::string_view text) { return to_number<std::uint16_t>(text).value_or(0); }

std::string without_brackets(std::string_view host) {
  if (host.size() > 1 && host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

/// Puts an IPv6 address in brackets: Postfix requires them, and with them every version of libmilter recognises the
/// address.
std::string with_brackets(const std::string& host) {
  return host.contains(':') || host.starts_with('[') ? "[" + host + "]" : host;
}

std::string host_key(std::string_view host) {
  return host == "127.0.0.1" || host == "::1" ? "localhost" : folded(host);
}

std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

}  // namespace

Endpoint Endpoint::unix_socket(std::string path) { return {Type::local, std::move(path), {}, 0}; }

Endpoint Endpoint::tcp_socket(Type type, std::string host, std::uint16_t port) {
  return {type, {}, std::move(host), port};
}

std::expected<Endpoint, Error> Endpoint::parse(std::string_view text) {
  if (text.starts_with('/')) return unix_socket(std::string(text));
  const auto parts = type_and_name(text);
  const auto type = parts ? type_named(parts->first) : std::nullopt;
  if (!type) return std::unexpected(Error::unknown_type);
  const std::string_view name = parts->second;
  if (*type == Type::local) {
    if (name.empty()) return std::unexpected(Error::no_path);
    return unix_socket(std::string(name));
  }
  const std::size_t at = name.find('@');
  const std::uint16_t port = port_in(name.substr(0, at));
  if (port == 0) return std::unexpected(Error::bad_port);
  std::string host = at == name.npos ? std::string() : without_brackets(name.substr(at + 1));
  if (host.empty()) return std::unexpected(Error::no_host);
  return tcp_socket(*type, std::move(host), port);
}

std::optional<Endpoint> Endpoint::parse_postfix(std::string_view text) {
  const auto parts = type_and_name(text);
  const auto type = parts ? type_named(parts->first) : std::nullopt;
  if (!type || parts->second.empty()) return std::nullopt;
  const std::string_view name = parts->second;
  if (*type == Type::local) return unix_socket(std::string(name));
  const std::size_t colon = name.rfind(':');
  const std::uint16_t port = port_in(colon == name.npos ? name : name.substr(colon + 1));
  if (port == 0) return std::nullopt;
  std::string host = colon == name.npos ? "localhost" : without_brackets(name.substr(0, colon));
  if (host.empty()) return std::nullopt;
  return tcp_socket(Type::inet, std::move(host), port);
}

std::string Endpoint::text() const {
  if (is_unix()) return "unix:" + path;
  return fmt::format("{}:{}@{}", type == Type::inet6 ? "inet6" : "inet", port, with_brackets(host));
}

std::string Endpoint::postfix_text() const {
  return is_unix() ? "unix:" + path : fmt::format("inet:{}:{}", with_brackets(host), port);
}

Endpoint Endpoint::seen_by_clients() const {
  Endpoint endpoint = *this;
  if (host == "0.0.0.0") endpoint.host = "127.0.0.1";
  if (host == "::") endpoint.host = "::1";
  return endpoint;
}

std::optional<HostAndPort> HostAndPort::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool is_address = !text.starts_with('[') && text.find(':') != colon;  // an IPv6 address without brackets
  const bool has_port = colon != text.npos && !is_address && !text.ends_with(']');
  HostAndPort result{without_brackets(has_port ? text.substr(0, colon) : text), 0};
  if (has_port) result.port = port_in(text.substr(colon + 1));
  if (result.host.empty() || (has_port && result.port == 0)) return std::nullopt;
  return result;
}

bool reach_same_socket(const Endpoint& one, const Endpoint& other) {
  if (one.is_unix() || other.is_unix())
    return one.is_unix() && other.is_unix() && normal(one.path) == normal(other.path);
  return one.port == other.port && host_key(one.host) == host_key(other.host);
}

}  // namespace shorthop
