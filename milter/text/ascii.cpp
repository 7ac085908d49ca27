#include "text/ascii.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace shorthop {

namespace {

constexpr bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

/// For each byte, whether it stays as it is.
using PlainBytes = std::array<bool, 256>;

constexpr PlainBytes all_but(std::string_view special) {
  PlainBytes plain{};
  for (char c = 0x20; is_printable(c); ++c) plain[static_cast<unsigned char>(c)] = c != '\\' && !special.contains(c);
  return plain;
}

/// Appends the text, cut at `limit`. Each backslash is doubled; every other byte that is not plain becomes \xHH.
void append_escaped(std::string& out, std::string_view text, const PlainBytes& plain, std::size_t limit) {
  const auto is_plain = [&](char c) { return plain[static_cast<unsigned char>(c)]; };
  const std::string_view shown = text.substr(0, limit);
  std::size_t length = 0;  // of the plain text at the beginning: usually all of it
  while (length < shown.size() && is_plain(shown[length])) ++length;
  out.append(shown, 0, length);
  for (const char c : shown.substr(length)) {
    if (is_plain(c)) {
      out += c;
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      append_hexadecimal(out += "\\x", static_cast<unsigned char>(c));
    }
  }
  if (text.size() > limit) out += "...";
}

}  // namespace

std::size_t printable_prefix(std::string_view text) {
  // Eight bytes at once: the subtraction sets the top bit of a byte below 0x20, the addition that of 0x7f.
  constexpr std::uint64_t each = 0x0101010101010101;
  std::string_view rest = text;
  for (std::uint64_t word = 0; rest.size() >= sizeof word; rest.remove_prefix(sizeof word)) {
    std::memcpy(&word, rest.data(), sizeof word);
    if (((word | (word - each * 0x20) | (word + each)) & (each * 0x80)) != 0) break;
  }
  return static_cast<std::size_t>(std::ranges::find_if_not(rest, is_printable) - text.begin());
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  append_printable(result, text, limit);
  return result;
}

void append_printable(std::string& out, std::string_view text, std::size_t limit) {
  static constexpr PlainBytes plain = all_but("");
  append_escaped(out, text, plain, limit);
}

std::string log_field(std::string_view text, std::size_t limit) {
  std::string result;
  append_log_field(result, text, limit);
  return result;
}

void append_log_field(std::string& out, std::string_view text, std::size_t limit) {
  static constexpr PlainBytes plain = all_but(" <>,");
  append_escaped(out, text, plain, limit);
}

void append_log_text(std::string& out, std::string_view text, std::size_t limit) {
  static constexpr PlainBytes plain = all_but("<>");
  append_escaped(out, text, plain, limit);
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t max_length = 60;
  return '"' + printable(text, max_length) + '"';
}

}  // namespace shorthop
