#include "tool/discover/log/log_fields.h"

#include <algorithm>
#include <limits>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

/// The place of the '>' that ends an address; npos: none.
std::size_t end_of_address(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      is_quoted = !is_quoted;
    } else if (text[at] == '>' && !is_quoted) {
      return at;
    }
  }
  return text.find('>');  // an odd number of quotes: not the quoted form
}

bool may_be_ip_address(std::string_view text) {
  const auto belongs = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':' || c == '%';
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, belongs) &&
         (text.contains(':') || text.contains('.'));
}

}  // namespace

bool take_bracketed(std::string_view& text, std::string_view begin, std::string_view& address) {
  if (!text.starts_with(begin)) return false;
  const std::string_view rest = text.substr(begin.size());
  const std::size_t end = end_of_address(rest);
  if (end == std::string_view::npos) return false;
  address = rest.substr(0, end);
  text = rest.substr(end + 1);
  return true;
}

PeerText peer_in(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return {text.substr(0, text.find_first_of(", ")), {}};
  const std::size_t close = text.find(']', open);
  std::string_view address = text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
  // RFC 5321, 4.1.3: an address literal has this tag.
  if (address.starts_with("IPv6:")) address.remove_prefix(5);
  return {text.substr(0, open), may_be_ip_address(address) ? address : std::string_view()};
}

std::uint64_t number_at(std::string_view text) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max() / 1024;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(c - '0'), largest / 10);
  }
  return value;
}

std::chrono::milliseconds seconds_at(std::string_view text) {
  constexpr std::uint64_t year = 366UL * 86'400;
  std::chrono::milliseconds time = std::chrono::seconds(std::min(number_at(text), year));
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return time;
  int unit = 100;
  for (const char c : text.substr(dot + 1)) {
    if (c < '0' || c > '9') break;
    time += std::chrono::milliseconds((c - '0') * unit);
    unit /= 10;
  }
  return time;
}

std::string_view word_behind(std::string_view text, std::string_view name, std::string_view ends) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  return text.substr(0, text.find_first_of(ends));
}

}  // namespace shorthop::tool
