#include "tool/doctor/unasked_key.h"

#include <algorithm>
#include <array>
#include <span>

#include "mail/address.h"
#include "mail/international.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop::tool {
namespace {

using WhyUnasked = std::optional<UnaskedReason>;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Invisible characters: control characters, no-break space, soft hyphen, zero-width characters.
bool has_invisible(std::string_view text) {
  constexpr std::array<std::string_view, 9> invisible = {byte_order_mark, "\xC2\xA0",     "\xC2\xAD",
                                                         "\xE2\x80\x8B",  "\xE2\x80\x8C", "\xE2\x80\x8D",
                                                         "\xE2\x80\x8E",  "\xE2\x80\x8F", "\xE2\x81\xA0"};
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }) ||
         std::ranges::any_of(invisible, [&](std::string_view one) { return text.contains(one); });
}

bool is_among(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view one) { return equal_folded(word, one); });
}

bool has_letter_or_digit(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) { return static_cast<unsigned char>(c) >= 0x80 || is_letter_or_digit(c); });
}

/// virtusertable allows "user+*", "user++" and "+*" before the '@'.
bool is_sendmail_pattern(std::string_view key) {
  const std::size_t at = key.rfind('@');
  if (at == key.npos || !is_domain(key.substr(at + 1))) return false;
  const std::string_view user = key.substr(0, at);
  return (user.ends_with("+*") || user.ends_with("++")) && !user.substr(0, user.size() - 2).contains('*');
}

WhyUnasked why_not_address(std::string_view key) {
  const std::size_t at = key.rfind('@');
  if (key.starts_with('"') && key.ends_with('"')) {
    return UnaskedReason{"is quoted as a whole", "write the address without the quotes"};
  }
  const std::string_view domain = key.substr(at + 1);
  if (at != 0 && domain.starts_with('[') && domain.ends_with(']')) return std::nullopt;  // an address literal
  if (at == 0 ? is_domain(domain) : Address::parse(key).has_value()) return std::nullopt;
  return UnaskedReason{"is not a mail address", "write user@domain, @domain or a name"};
}

WhyUnasked why_no_virtual_key(std::string_view key, Profile profile) {
  if (key.starts_with('/')) {
    return UnaskedReason{"looks like a regular expression",
                         "if this is a table of patterns, name it as regexp: or pcre:"};
  }
  if (profile == Profile::sendmail && is_sendmail_pattern(key)) return std::nullopt;
  if (key.substr(0, key.rfind('@')).contains('*')) {
    return UnaskedReason{"has a '*', which is not a wildcard here", "write a catch-all as @domain"};
  }
  if (key.contains('@')) return why_not_address(key);
  if (key.starts_with('.')) {
    return UnaskedReason{"is for subdomains, which virtual(5) does not look up", "write @sub.domain for each of them"};
  }
  if (profile == Profile::sendmail && !key.contains('.')) {
    return UnaskedReason{"has no domain", "write user@domain or @domain"};
  }
  return std::nullopt;
}

WhyUnasked why_no_local_name(std::string_view key) {
  if (key.contains('@')) {
    return UnaskedReason{"has a domain, but aliases(5) are looked up by name",
                         "write the name alone, or name the table under virtual-alias-maps"};
  }
  if (key == "*") return UnaskedReason{"is a '*', which is not a wildcard here", "write each name instead"};
  return std::nullopt;
}

}  // namespace

std::optional<UnaskedReason> why_never_asked(std::string_view key, const KeyContext& context) {
  if (key.starts_with(byte_order_mark)) {
    return UnaskedReason{"begins with a byte order mark", "save the file as UTF-8 without a byte order mark"};
  }
  if (has_invisible(key)) return UnaskedReason{"has an invisible character", "type the key again"};
  if (!has_letter_or_digit(key) && key != "*") {
    return UnaskedReason{"has no letter and no digit", "export the table without borders"};
  }
  if (context.is_database && folded_utf8(key) != key) {
    return UnaskedReason{"has capital letters, but keys are looked up in lower case", "build the database without -f"};
  }
  return context.role == KeyRole::local_alias ? why_no_local_name(key) : why_no_virtual_key(key, context.profile);
}

bool is_added_by_postalias(std::string_view key) {
  return key == "@" || key == "YP_LAST_MODIFIED" || key == "YP_MASTER_NAME";
}

bool is_column_name(std::string_view key) {
  constexpr std::array<std::string_view, 6> names = {"address", "source", "alias", "email", "recipient", "key"};
  return is_among(key, names);
}

bool is_head_line(std::string_view key, std::string_view value) {
  constexpr std::array<std::string_view, 7> names = {"goto",    "destination", "forward", "target",
                                                     "targets", "value",       "maildrop"};
  const auto end = std::ranges::find_if(value, [](char c) { return is_space(c) || c == ','; });
  return is_column_name(key) && is_among(value.substr(0, static_cast<std::size_t>(end - value.begin())), names);
}

}  // namespace shorthop::tool
