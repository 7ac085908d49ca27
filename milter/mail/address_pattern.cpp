#include "mail/address_pattern.h"

#include <fnmatch.h>

#include <algorithm>

#include "mail/international.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_pattern = 320;

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

}  // namespace

std::optional<std::string> address_pattern(std::string_view text) {
  if (has_wildcard(text)) {
    const auto is_control_or_space = [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; };
    const bool is_one_word = std::ranges::none_of(text, is_control_or_space) && std::ranges::count(text, '@') <= 1;
    if (!is_one_word || !is_utf8(text) || text.size() > max_pattern) return std::nullopt;
    return folded_utf8(text);
  }
  if (!text.contains('@')) return to_a_labels(text);
  const auto address = Address::parse(text);
  return address ? std::optional(address->key()) : std::nullopt;
}

bool matches(std::string_view pattern, const Address& address) {
  const std::string_view asked = pattern.contains('@') ? std::string_view(address.key()) : address.key_domain();
  if (!has_wildcard(pattern)) return pattern == asked;
  return ::fnmatch(std::string(pattern).c_str(), std::string(asked).c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace shorthop
