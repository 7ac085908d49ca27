#include "mail/address_pattern.h"

#include <fnmatch.h>

#include <algorithm>

#include "mail/ascii.h"
#include "mail/international.h"
#include "mail/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t longest_pattern = 320;

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

}  // namespace

std::optional<std::string> address_pattern(std::string_view text) {
  if (has_wildcard(text)) {
    const bool is_one_word = std::ranges::none_of(text, is_space) && std::ranges::count(text, '@') <= 1;
    return is_one_word && is_utf8(text) && text.size() <= longest_pattern ? std::optional(folded_utf8(text))
                                                                          : std::nullopt;
  }
  if (!text.contains('@')) return domain_key(text);
  const auto address = Address::parse(text);
  return address ? std::optional(address->key()) : std::nullopt;
}

bool matches(std::string_view pattern, const Address& address) {
  const std::string_view asked = pattern.contains('@') ? std::string_view(address.key()) : address.key_domain();
  if (!has_wildcard(pattern)) return pattern == asked;
  return ::fnmatch(std::string(pattern).c_str(), std::string(asked).c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace shorthop
