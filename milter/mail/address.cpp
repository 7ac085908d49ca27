#include "mail/address.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"
#include "mail/international.h"
#include "mail/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t local_part_limit = 255;
constexpr std::size_t domain_limit = 255;
constexpr std::size_t label_limit = 63;  // RFC 1035, 2.3.4

constexpr bool is_alnum(char c) { return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'); }

/// RFC 5321, 4.1.2 (atext of RFC 5322, 3.2.3; RFC 6531, 3.3 adds what is not ASCII), a row for each byte: it is asked
/// for each byte of each address.
constexpr auto atext = [] {
  std::array<bool, 256> row{};
  for (std::size_t byte = 0; byte < 128; ++byte) row[byte] = is_alnum(static_cast<char>(byte));
  for (std::size_t byte = 128; byte < 256; ++byte) row[byte] = true;
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) row[static_cast<unsigned char>(c)] = true;
  return row;
}();

bool is_dot_string(std::string_view text) {
  bool in_atom = false;
  for (const char c : text) {
    const bool is_part_of_atom = atext[static_cast<unsigned char>(c)];
    if (!is_part_of_atom && (c != '.' || !in_atom)) return false;
    in_atom = is_part_of_atom;
  }
  return in_atom;
}

/// U+0080 to U+009F: terminals take some of them for commands.
bool has_c1_control(std::string_view utf8) {
  for (std::size_t i = 0; i + 1 < utf8.size(); ++i) {
    if (utf8[i] == '\xc2' && static_cast<unsigned char>(utf8[i + 1]) < 0xa0) return true;
  }
  return false;
}

/// The position of the '@' between local part and domain: the last one, as no domain has one.
std::size_t separator(std::string_view external) { return external.rfind('@'); }

/// `is_plain`: it is a dot-string in ASCII, so that nothing can be wrong but its length.
std::expected<void, AddressError> check_local_part(std::string_view local_part, bool is_plain) {
  if (local_part.empty()) return std::unexpected(AddressError{"the local part is empty"});
  if (local_part.size() > local_part_limit) return std::unexpected(AddressError{"the local part is too long"});
  if (is_plain) return {};
  const bool has_control = std::ranges::any_of(local_part, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (has_control || has_c1_control(local_part)) {
    return std::unexpected(AddressError{"the local part has a control character"});
  }
  if (!is_utf8(local_part)) return std::unexpected(AddressError{"the local part is not UTF-8"});
  return {};
}

}  // namespace

Address::Address(std::string text, std::size_t at, bool needs_quotes)
    : text_(std::move(text)), at_(at), key_at_(at), needs_quotes_(needs_quotes) {
  if (std::ranges::any_of(text_, [](char c) { return ascii_lower(c) != c; })) key_ = folded(text_);
}

Address::Address(std::string text, std::size_t at, bool needs_quotes, std::string_view key_domain)
    : text_(std::move(text)),
      key_(folded_utf8(std::string_view(text_).substr(0, at))),
      at_(at),
      is_ascii_(false),
      needs_quotes_(needs_quotes) {
  key_at_ = key_.size();
  key_.append(1, '@').append(key_domain);
}

std::expected<Address, AddressError> Address::parse(std::string_view external) {
  const std::size_t at = separator(external);
  if (at == external.npos) return std::unexpected(AddressError{"there is no '@'"});
  const std::string_view local_part = external.substr(0, at);
  if (is_dot_string(local_part)) return made_of(local_part, external.substr(at + 1), false);
  const auto unquoted = unquoted_local_part(local_part);
  if (!unquoted) return std::unexpected(unquoted.error());
  return from_parts(*unquoted, external.substr(at + 1));
}

std::expected<Address, AddressError> Address::from_parts(std::string_view local_part, std::string_view domain) {
  return made_of(local_part, domain, !is_dot_string(local_part));
}

std::expected<Address, AddressError> Address::made_of(std::string_view local_part, std::string_view domain,
                                                      bool needs_quotes) {
  const bool has_ascii_local_part = shorthop::is_ascii(local_part);
  const auto checked = check_local_part(local_part, has_ascii_local_part && !needs_quotes);
  if (!checked) return std::unexpected(checked.error());
  const bool is_plain = is_host_name(domain);
  const auto key = is_plain ? std::nullopt : domain_key(domain);
  if (!is_plain && !key) return std::unexpected(AddressError{"the domain is not a host name"});
  std::string text;
  text.reserve(local_part.size() + 1 + domain.size());
  text.append(local_part).append(1, '@').append(domain);
  if (is_plain && has_ascii_local_part) return Address(std::move(text), local_part.size(), needs_quotes);
  return Address(std::move(text), local_part.size(), needs_quotes, is_plain ? folded(domain) : *key);
}

std::string Address::external() const {
  if (!needs_quotes_) return text_;
  return quoted_local_part(local_part()).append(1, '@').append(domain());
}

std::string Address::spelled_domain() const { return folded_utf8(domain()); }

std::string quoted_local_part(std::string_view local_part) {
  if (is_dot_string(local_part)) return std::string(local_part);
  std::string result = "\"";
  for (const char c : local_part) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

std::expected<std::string, AddressError> unquoted_local_part(std::string_view external) {
  std::string result;
  bool quoted = false;
  for (std::size_t i = 0; i < external.size(); ++i) {
    const char c = external[i];
    if (c == '\\') {
      if (++i == external.size()) return std::unexpected(AddressError{"a backslash ends the local part"});
      result += external[i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '@' || c == ',' || c == '<' || c == '>' || c == '(' || c == ')' || c == ':' ||
                           c == ';' || c == '[' || c == ']' || is_space(c))) {
      return std::unexpected(AddressError{"a special character in the local part is not quoted"});
    } else {
      result += c;
    }
  }
  if (quoted) return std::unexpected(AddressError{"a quote is not closed"});
  return result;
}

bool is_domain(std::string_view text) { return domain_key(text).has_value(); }

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > domain_limit) return false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (is_alnum(c) || c == '-' || c == '_') {
      if (++label > label_limit) return false;
    } else {
      return false;
    }
  }
  return label > 0;
}

bool has_routing_operator(std::string_view local_part) {
  return std::ranges::any_of(local_part, [](char c) { return c == '%' || c == '!' || c == '@'; });
}

}  // namespace shorthop
