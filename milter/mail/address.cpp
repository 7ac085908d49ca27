#include "mail/address.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "mail/international.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {

/// Result of scanning one part of an address.
struct ByteSurvey {
  bool has_form = false;  ///< dot-separated parts of the requested kind
  std::uint8_t seen = 0;  ///< the kinds of bytes that occur

  bool has(std::uint8_t kind) const { return (seen & kind) != 0; }
};

namespace {

constexpr std::size_t max_local_part = 255;
constexpr std::size_t max_domain = 255;
constexpr std::size_t max_label = 63;  // RFC 1035, 2.3.4

// Kinds of bytes, as flags: one table look-up per byte answers every question.
constexpr std::uint8_t atom = 1;   // atext of RFC 5322, 3.2.3, and non-ASCII by RFC 6531, 3.3
constexpr std::uint8_t label = 2;  // LDH, and the underscore, which occurs in practice
constexpr std::uint8_t upper = 4;
constexpr std::uint8_t not_ascii = 8;
constexpr std::uint8_t dot = 16;
constexpr std::uint8_t routing = 32;  // makes has_routing_operator() true

constexpr auto kinds = [] {
  std::array<std::uint8_t, 256> row{};
  for (std::size_t byte = 0; byte < row.size(); ++byte) {
    const auto c = static_cast<char>(byte);
    if (byte >= 0x80) row[byte] = atom | not_ascii;
    if (is_letter_or_digit(c) || c == '-' || c == '_') row[byte] |= atom | label;
    if (std::string_view("!#$%&'*+/=?^`{|}~").contains(c)) row[byte] |= atom;
    if (ascii_lower(c) != c) row[byte] |= upper;
    if (c == '.') row[byte] |= dot;
    if (std::string_view("%!@").contains(c)) row[byte] |= routing;
  }
  return row;
}();

/// `part`: the kind required between the dots.
ByteSurvey survey(std::string_view text, std::uint8_t part) {
  unsigned seen = 0;
  unsigned allowed_next = part;
  bool has_form = true;
  for (const char c : text) {
    const unsigned kind = kinds[static_cast<unsigned char>(c)];
    seen |= kind;
    has_form &= (kind & allowed_next) != 0;
    allowed_next = (kind & part) != 0 ? part | dot : part;
  }
  return {has_form && (allowed_next & dot) != 0, static_cast<std::uint8_t>(seen)};
}

bool has_long_label(std::string_view domain) {
  for (std::size_t end = 0; domain.size() > max_label; domain.remove_prefix(end + 1)) {
    end = std::min(domain.find('.'), domain.size());
    if (end > max_label) return true;
    if (end == domain.size()) break;
  }
  return false;
}

bool is_host_name_by(const ByteSurvey& labels, std::string_view text) {
  return labels.has_form && text.size() <= max_domain && !has_long_label(text);
}

/// U+0080 to U+009F: some terminals treat them as commands.
bool has_c1_control(std::string_view utf8) {
  for (std::size_t i = 0; i + 1 < utf8.size(); ++i) {
    if (utf8[i] == '\xc2' && static_cast<unsigned char>(utf8[i + 1]) < 0xa0) return true;
  }
  return false;
}

/// Position of the '@' between local part and domain: the last one, since a domain cannot contain one.
std::size_t separator(std::string_view external) { return external.rfind('@'); }

/// `is_plain`: an ASCII dot-string, so only its length needs checking.
std::expected<void, AddressError> check_local_part(std::string_view local_part, bool is_plain) {
  if (local_part.empty()) return std::unexpected(AddressError{"the local part is empty"});
  if (local_part.size() > max_local_part) return std::unexpected(AddressError{"the local part is too long"});
  if (is_plain) return {};
  const bool has_control = std::ranges::any_of(local_part, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (has_control || has_c1_control(local_part)) {
    return std::unexpected(AddressError{"the local part has a control character"});
  }
  if (!is_utf8(local_part)) return std::unexpected(AddressError{"the local part is not UTF-8"});
  return {};
}

}  // namespace

Address::Address(std::string text, std::size_t at, const ByteSurvey& atoms)
    : text_(std::move(text)),
      at_(at),
      is_ascii_(!atoms.has(not_ascii)),
      needs_quotes_(!atoms.has_form),
      has_routing_operator_(atoms.has(routing)) {}

std::expected<Address, AddressError> Address::parse(std::string_view external) {
  const std::size_t at = separator(external);
  if (at == external.npos) return std::unexpected(AddressError{"missing '@'"});
  const std::string_view local_part = external.substr(0, at);
  const ByteSurvey atoms = survey(local_part, atom);
  if (atoms.has_form) return made_of(local_part, atoms, external.substr(at + 1));
  const auto unquoted = unquoted_local_part(local_part);
  if (!unquoted) return std::unexpected(unquoted.error());
  return from_parts(*unquoted, external.substr(at + 1));
}

std::expected<Address, AddressError> Address::from_parts(std::string_view local_part, std::string_view domain) {
  return made_of(local_part, survey(local_part, atom), domain);
}

std::expected<Address, AddressError> Address::made_of(std::string_view local_part, const ByteSurvey& atoms,
                                                      std::string_view domain) {
  const bool has_ascii_local_part = !atoms.has(not_ascii);
  const auto checked = check_local_part(local_part, has_ascii_local_part && atoms.has_form);
  if (!checked) return std::unexpected(checked.error());
  const ByteSurvey labels = survey(domain, label);
  const bool is_plain = is_host_name_by(labels, domain);
  auto a_labels = is_plain ? std::nullopt : to_a_labels(domain);
  if (!is_plain && !a_labels) return std::unexpected(AddressError{"the domain is not a host name"});
  std::string text;
  text.reserve(local_part.size() + 1 + domain.size());
  text.append(local_part).append(1, '@').append(domain);
  Address address(std::move(text), local_part.size(), atoms);
  address.is_ascii_ = is_plain && has_ascii_local_part;
  if (!address.is_ascii_ || address.needs_quotes_ || atoms.has(upper) || labels.has(upper)) {
    std::string folded_local_part = folded_utf8(local_part);
    const std::size_t key_at = folded_local_part.size();
    address.forms_ = std::make_shared<const Forms>(
        Forms{std::move(folded_local_part).append(1, '@').append(folded_utf8(domain)), key_at,
              quoted_local_part(local_part).append(1, '@').append(domain), std::move(a_labels).value_or("")});
  }
  return address;
}

std::string quoted_local_part(std::string_view local_part) {
  if (survey(local_part, atom).has_form) return std::string(local_part);
  std::string result = "\"";
  for (const char c : local_part) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

std::string quoted_key(const Address& address) {
  return quoted_local_part(address.key_local_part()).append(1, '@').append(address.key_domain());
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

bool is_srs(std::string_view local_part) {
  if (!starts_with_folded(local_part, "srs0") && !starts_with_folded(local_part, "srs1")) return false;
  return local_part.size() > 4 && std::string_view("=+-").contains(local_part[4]);
}

bool is_domain(std::string_view text) { return to_a_labels(text).has_value(); }

bool is_host_name(std::string_view text) { return is_host_name_by(survey(text, label), text); }

}  // namespace shorthop
