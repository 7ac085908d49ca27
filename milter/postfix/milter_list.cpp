#include "postfix/milter_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "tables/text/items.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

bool separates(char c) { return is_space(c) || c == ','; }

/// The end of the entry that begins at `begin`.
std::size_t end_of_entry(std::string_view value, std::size_t begin) {
  std::size_t depth = 0;
  std::size_t at = begin;
  for (; at < value.size() && (depth > 0 || !separates(value[at])); ++at) {
    if (value[at] == '{') ++depth;
    if (value[at] == '}' && depth > 0) --depth;
  }
  return at;
}

/// "name=value"; the braces around a pair ("{ name = value }") are dropped.
void add_attribute(MilterEntry& entry, std::string_view pair) {
  const auto inside = inside_braces(pair);
  const std::string_view text = inside ? *inside : pair;
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return;
  entry.attributes.emplace(trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)));
}

MilterEntry parsed_entry(std::string_view text, std::size_t begin) {
  MilterEntry entry{std::string(text), std::string(text), {}, begin, begin + text.size()};
  const auto inside = inside_braces(text);
  if (!inside) return entry;
  const std::vector<std::string> words = list_items(*inside);
  entry.endpoint = words.empty() ? std::string() : words.front();
  for (std::size_t i = 1; i < words.size(); ++i) add_attribute(entry, words[i]);
  return entry;
}

struct InetSocket {
  std::string host;
  std::string port;
  bool operator==(const InetSocket&) const = default;
};

/// localhost and the addresses of the loopback interface lead to the same milter.
std::string host_key(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "127.0.0.1" || host == "::1") return "localhost";
  return folded(host);
}

/// "port@host" of smfi_setconn(3), which listens on all addresses without "@host".
InetSocket libmilter_socket(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view host = at == text.npos ? "localhost" : text.substr(at + 1);
  return {host_key(host == "0.0.0.0" || host == "::" ? "localhost" : host), std::string(text.substr(0, at))};
}

/// "host:port" of Postfix.
InetSocket postfix_socket(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {"localhost", std::string(text)};
  return {host_key(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

bool is_unix(std::string_view& socket) {
  for (const std::string_view type : {"unix:", "local:"}) {
    if (!socket.starts_with(type)) continue;
    socket.remove_prefix(type.size());
    return true;
  }
  return false;
}

bool is_inet(std::string_view& socket) {
  for (const std::string_view type : {"inet:", "inet6:"}) {
    if (!socket.starts_with(type)) continue;
    socket.remove_prefix(type.size());
    return true;
  }
  return false;
}

}  // namespace

std::string_view MilterEntry::attribute(std::string_view name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<MilterEntry> milter_entries(std::string_view value) {
  std::vector<MilterEntry> entries;
  for (std::size_t at = 0; at < value.size();) {
    if (separates(value[at])) {
      ++at;
      continue;
    }
    const std::size_t end = end_of_entry(value, at);
    entries.push_back(parsed_entry(value.substr(at, end - at), at));
    at = end;
  }
  return entries;
}

std::string postfix_endpoint(std::string_view socket, std::string_view queue_directory) {
  if (is_inet(socket)) {
    const std::size_t at = socket.find('@');
    std::string_view host = at == socket.npos ? "127.0.0.1" : socket.substr(at + 1);
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    const bool needs_brackets = host.contains(':') && !host.starts_with('[');
    return fmt::format("inet:{}{}{}:{}", needs_brackets ? "[" : "", host, needs_brackets ? "]" : "",
                       socket.substr(0, at));
  }
  is_unix(socket);
  const fs::path path = fs::path(socket).lexically_normal();
  const fs::path below = path.lexically_relative(fs::path(queue_directory).lexically_normal());
  const bool is_below = !queue_directory.empty() && !below.empty() && *below.begin() != ".." && *below.begin() != ".";
  return "unix:" + (is_below ? below : path).string();
}

bool is_same_endpoint(std::string_view endpoint, std::string_view socket, std::string_view queue_directory) {
  if (is_inet(socket)) return is_inet(endpoint) && postfix_socket(endpoint) == libmilter_socket(socket);
  is_unix(socket);
  if (!is_unix(endpoint)) return false;
  const fs::path wanted = fs::path(socket).lexically_normal();
  const fs::path path(endpoint);
  const fs::path in_queue = fs::path(queue_directory) / path.relative_path();
  return (path.is_absolute() && path.lexically_normal() == wanted) || in_queue.lexically_normal() == wanted;
}

}  // namespace shorthop
