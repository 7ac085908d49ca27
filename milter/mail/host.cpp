#include "mail/host.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mail/international.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
  // Two colons without brackets are an IPv6 address, not a port.
  if (std::ranges::count(text, ':') == 1) return text.substr(0, text.find(':'));
  return text;
}

}  // namespace

std::string_view bare_host(std::string_view text) {
  constexpr std::string_view tag = "IPv6:";
  std::string_view host = starts_with_folded(text, tag) ? text : without_port(text);
  if (starts_with_folded(host, tag)) host.remove_prefix(tag.size());
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

std::string host_key(std::string_view text) {
  const std::string_view host = bare_host(text);
  auto a_labels = is_ascii(host) ? std::nullopt : to_a_labels(host);
  return a_labels ? std::move(*a_labels) : folded(host);
}

std::string_view port_of_host(std::string_view text) {
  std::string_view rest = text;
  if (text.starts_with('[')) {
    rest.remove_prefix(std::min(text.find(']'), text.size()));
  } else if (std::ranges::count(text, ':') != 1) {
    return {};
  }
  const std::size_t colon = rest.find(':');
  return colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
}

bool is_smtp_port(std::string_view port) { return port.empty() || port == "25" || port == "smtp"; }

bool has_other_port(std::string_view text) { return !is_smtp_port(port_of_host(text)); }

std::vector<std::string_view> hosts_in_list(std::string_view text) {
  constexpr std::string_view separators = ", \t\r\n";
  std::vector<std::string_view> hosts;
  for (std::size_t at = text.find_first_not_of(separators); at != text.npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    hosts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return hosts;
}

bool is_below_any(std::string_view domain, const std::vector<std::string>& parents) {
  return std::ranges::any_of(parents, [&](const std::string& parent) { return domain.ends_with('.' + parent); });
}

bool is_address_literal(std::string_view bare_host) {
  return bare_host.contains(':') || bare_host.find_first_not_of("0123456789.") == bare_host.npos;
}

}  // namespace shorthop
