#include "mail/address_pattern.h"

#include <fnmatch.h>

#include <algorithm>

#include "mail/international.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_pattern = 320;

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

/// The position of the domain in an address or in a domain alone.
std::size_t domain_in(std::string_view text) { return text.rfind('@') + 1; }

/// The domain with each label converted by `convert`.
template <class Convert>
std::string each_label(std::string_view domain, Convert convert) {
  std::string result;
  for (;; domain.remove_prefix(domain.find('.') + 1)) {
    const std::size_t dot = domain.find('.');
    result += convert(domain.substr(0, dot));
    if (dot == domain.npos) return result;
    result += '.';
  }
}

/// A label without wildcards as an A-label. A label with wildcards cannot be converted, so it is only folded.
std::string key_of_label(std::string_view label) {
  auto a_label = has_wildcard(label) ? std::nullopt : to_a_labels(label);
  return a_label ? std::move(*a_label) : folded_utf8(label);
}

std::optional<std::string> wildcard_pattern(std::string_view text) {
  const auto is_control_or_space = [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; };
  const bool is_one_word = std::ranges::none_of(text, is_control_or_space) && std::ranges::count(text, '@') <= 1;
  if (!is_one_word || !is_utf8(text) || text.size() > max_pattern) return std::nullopt;
  const std::size_t at = domain_in(text);
  return folded_utf8(text.substr(0, at)) + each_label(text.substr(at), key_of_label);
}

bool fits(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
}

/// The text with U-labels in its domain, folded. A label with wildcards may be in this spelling.
std::string in_u_labels(std::string_view text) {
  const std::size_t at = domain_in(text);
  const auto folded_u_label = [](std::string_view label) { return folded_utf8(with_u_labels(label)); };
  return std::string(text.substr(0, at)) + each_label(text.substr(at), folded_u_label);
}

}  // namespace

std::optional<std::string> address_pattern(std::string_view text) {
  if (has_wildcard(text)) return wildcard_pattern(text);
  if (!text.contains('@')) return to_a_labels(text);
  const auto address = Address::parse(text);
  return address ? std::optional(address->a_label_key()) : std::nullopt;
}

bool matches(std::string_view pattern, const Address& address) {
  const std::string text = pattern.contains('@') ? address.a_label_key() : std::string(address.a_label_domain());
  if (!has_wildcard(pattern)) return pattern == text;
  if (fits(std::string(pattern), text)) return true;
  return has_two_spellings(address.a_label_domain()) && fits(in_u_labels(pattern), in_u_labels(text));
}

}  // namespace shorthop
