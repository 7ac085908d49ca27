#include "mail/address_pattern.h"

#include <fnmatch.h>

#include <algorithm>
#include <string>

namespace shorthop {
namespace {

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

}  // namespace

bool matches(std::string_view pattern, const Address& address) {
  const std::string_view asked = pattern.contains('@') ? std::string_view(address.key()) : address.key_domain();
  if (!has_wildcard(pattern)) return pattern == asked;
  return ::fnmatch(std::string(pattern).c_str(), std::string(asked).c_str(), FNM_NOESCAPE) == 0;
}

bool is_address_pattern(std::string_view text) {
  if (!has_wildcard(text)) return is_domain(text) || Address::parse(text).has_value();
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  return printable && text.size() <= 320 && std::ranges::count(text, '@') <= 1;
}

}  // namespace shorthop
