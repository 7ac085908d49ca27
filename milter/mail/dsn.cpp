#include "mail/dsn.h"

#include <unistr.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "mail/international.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_orcpt = 500;  // RFC 3461, 5.4: ORCPT adds at most 500 characters to the command

/// The address type (RFC 6533, 3). MTAs read a milter's ORCPT as xtext, whatever its type (Postfix: cleanup_milter.c).
std::string_view orcpt_type(std::string_view address) { return is_ascii(address) ? "rfc822;" : "utf-8;"; }

bool is_upper_hex(char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); }

/// The text that an xtext encodes (RFC 3461, 4); nullopt: the xtext is malformed.
std::optional<std::string> decoded_xtext(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c < 0x21 || c > 0x7e || c == '=') return std::nullopt;
    if (c != '+') {
      decoded += c;
      continue;
    }
    if (i + 2 >= text.size() || !is_upper_hex(text[i + 1]) || !is_upper_hex(text[i + 2])) return std::nullopt;
    std::uint8_t byte = 0;
    std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

/// Appends the character of "\x{HEX}" (RFC 6533, 3: EmbeddedUnicodeChar). Returns false if `escape` does not have this
/// form.
bool append_embedded(std::string& out, std::string_view escape) {
  if (!escape.starts_with("\\x{") || !escape.ends_with('}')) return false;
  std::uint32_t code = 0;
  const char* const digits_end = escape.data() + escape.size() - 1;
  const auto [end, problem] = std::from_chars(escape.data() + 3, digits_end, code, 16);
  if (problem != std::errc() || end != digits_end) return false;
  constexpr int max_length = 6;
  std::array<std::uint8_t, max_length> utf8{};
  const int length = u8_uctomb(utf8.data(), code, max_length);
  if (length <= 0) return false;
  out.append(utf8.begin(), utf8.begin() + length);
  return true;
}

/// The text that a utf-8-addr-xtext encodes (RFC 6533, 3); nullopt: it is malformed.
std::optional<std::string> decoded_utf8_xtext(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const char c = text.front();
    if (c < 0x21 || c > 0x7e || c == '+' || c == '=') return std::nullopt;
    const std::size_t length = c == '\\' ? std::min(text.find('}'), text.size() - 1) + 1 : 1;
    if (c != '\\') {
      decoded += c;
    } else if (!append_embedded(decoded, text.substr(0, length))) {
      return std::nullopt;
    }
    text.remove_prefix(length);
  }
  return decoded;
}

/// The ORCPT of the client in the form of Dsn::orcpt; nullopt: it is not addr-type ";" address (RFC 3461, 4.2).
std::optional<std::string> orcpt_in_xtext(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  if (semicolon == value.npos || semicolon == 0) return std::nullopt;
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view address = value.substr(semicolon + 1);
  const bool type_is_atom = std::ranges::all_of(type, [](char c) { return is_letter_or_digit(c) || c == '-'; });
  const bool is_utf8_type = equal_folded(type, "utf-8");
  const auto decoded = is_utf8_type ? decoded_utf8_xtext(address) : decoded_xtext(address);
  if (!type_is_atom || address.empty() || !decoded) return std::nullopt;
  std::string orcpt(value.substr(0, semicolon + 1));
  if (is_utf8_type) {
    append_xtext(orcpt, *decoded);
  } else {
    orcpt += address;
  }
  return orcpt.size() > max_orcpt ? std::nullopt : std::optional(std::move(orcpt));
}

/// Folds each part of the text that is UTF-8. The bytes between the parts stay.
std::string folded_parts(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t end = 0;
    while (const std::size_t length = first_code_point(text.substr(end)).length) end += length;
    result += folded_utf8(text.substr(0, end));
    result += text.substr(end, 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::unexpected<AddressError> error(std::string_view what, std::string_view argument) {
  return std::unexpected(AddressError{std::string(what) + " \"" + printable(argument, 60) + "\""});
}

}  // namespace

std::expected<Notify, AddressError> Notify::parse(std::string_view value) {
  Notify notify;
  notify.given_ = true;
  if (equal_folded(value, "NEVER")) return notify;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t comma = std::min(value.find(',', begin), value.size());
    const std::string_view word = value.substr(begin, comma - begin);
    if (equal_folded(word, "SUCCESS")) {
      notify.bits_ |= success;
    } else if (equal_folded(word, "FAILURE")) {
      notify.bits_ |= failure;
    } else if (equal_folded(word, "DELAY")) {
      notify.bits_ |= delay;
    } else {
      return error("NOTIFY has an unknown keyword", word);
    }
    begin = comma + 1;
  }
  return notify;
}

std::string Notify::text() const {
  if (!given_) return {};
  if (bits_ == 0) return "NEVER";
  std::string result;
  const auto add = [&](std::uint8_t bit, std::string_view word) {
    if ((bits_ & bit) != 0) result.append(result.empty() ? "" : ",").append(word);
  };
  add(success, "SUCCESS");
  add(failure, "FAILURE");
  add(delay, "DELAY");
  return result;
}

bool Notify::covers(const Notify& other) const { return (other.effective() & ~effective()) == 0; }

Notify Notify::merged(const Notify& other) const {
  if (!given_ && !other.given_) return {};
  Notify result;
  result.given_ = true;
  result.bits_ = static_cast<std::uint8_t>(effective() | other.effective());
  return result;
}

Notify Notify::of_members() const {
  Notify result = *this;
  result.bits_ &= failure | delay;
  return result;
}

std::expected<Dsn, AddressError> parse_dsn(const std::vector<std::string_view>& arguments) {
  Dsn dsn;
  for (const std::string_view argument : arguments) {
    if (starts_with_folded(argument, "NOTIFY=")) {
      if (!dsn.notify.is_absent()) return error("NOTIFY is given twice", argument);
      auto notify = Notify::parse(argument.substr(7));
      if (!notify) return std::unexpected(notify.error());
      dsn.notify = *notify;
    } else if (starts_with_folded(argument, "ORCPT=")) {
      if (!dsn.orcpt.empty()) return error("ORCPT is given twice", argument);
      auto orcpt = orcpt_in_xtext(argument.substr(6));
      if (!orcpt) return error("ORCPT is not addr-type;xtext", argument);
      dsn.orcpt = std::move(*orcpt);
    } else {
      return error("cannot pass on the RCPT parameter", argument);
    }
  }
  return dsn;
}

std::string orcpt_for(const Address& address) {
  const std::string& text = address.external();
  std::string orcpt(orcpt_type(text));
  append_xtext(orcpt, text);
  return orcpt;
}

std::string orcpt_as_given(std::string_view rcpt_argument) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  if (std::ranges::any_of(rcpt_argument, is_control) || !is_utf8(rcpt_argument)) return {};
  if (rcpt_argument.starts_with('<') && rcpt_argument.ends_with('>')) {
    rcpt_argument = rcpt_argument.substr(1, rcpt_argument.size() - 2);
  }
  std::string orcpt(orcpt_type(rcpt_argument));
  append_xtext(orcpt, rcpt_argument);
  return orcpt.size() > max_orcpt ? std::string() : orcpt;
}

std::string orcpt_key(std::string_view orcpt) {
  const std::size_t address = std::min(orcpt.find(';'), orcpt.size());
  const auto decoded = decoded_xtext(orcpt.substr(address));
  if (!decoded) return folded_utf8(orcpt);
  // Postfix ends the text at a NUL, and drops white space at its end when it reads the attribute in its queue file.
  std::string text = std::string(orcpt.substr(0, address)) + decoded->substr(0, decoded->find('\0'));
  while (!text.empty() && is_space(text.back())) text.pop_back();
  return folded_parts(text);
}

void append_xtext(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto needs_no_encoding = [](char c) { return c >= 0x21 && c <= 0x7e && c != '+' && c != '='; };
  out.reserve(out.size() + text.size());
  for (auto rest = text.begin(); rest != text.end();) {
    const auto special = std::find_if_not(rest, text.end(), needs_no_encoding);
    out.append(rest, special);
    rest = special;
    if (rest == text.end()) return;
    const auto byte = static_cast<unsigned char>(*rest++);
    out += {'+', digits[byte >> 4], digits[byte & 15]};
  }
}

}  // namespace shorthop
