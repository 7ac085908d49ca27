// ASCII case folding, character classes, and escapes for messages and log lines; independent of the locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace shorthop {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string folded(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), ascii_lower);
  return result;
}

constexpr bool equal_folded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

constexpr bool starts_with_folded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_folded(text.substr(0, prefix.size()), prefix);
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter_or_digit(char c) { return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'); }

/// Whether the text begins with this word, in upper or lower case, and no letter or digit follows.
constexpr bool begins_with_word(std::string_view text, std::string_view word) {
  return starts_with_folded(text, word) && (text.size() == word.size() || !is_letter_or_digit(text[word.size()]));
}

/// White space as Postfix's ISSPACE: isspace(3) in the C locale.
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Removes the first word, with the white space around it, and returns the word; empty: there is none.
constexpr std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  std::size_t length = 0;
  while (length < text.size() && !is_space(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text = trimmed(text.substr(length));
  return word;
}

/// Appends a byte as two hexadecimal digits in lower case.
inline void append_hexadecimal(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += {digits[byte >> 4], digits[byte & 15]};
}

/// Makes foreign text safe for one line of a log or terminal: every byte that is not printable ASCII becomes \xHH. The
/// result is cut at `limit` bytes. Backslashes stay, so one_line() does not change what printable() returns.
std::string one_line(std::string_view text, std::size_t limit = 8192);
/// Whether one_line() changes nothing.
bool is_one_line(std::string_view text, std::size_t limit);
/// As one_line(), for a text of several lines: line ends and tabs stay.
void append_lines(std::string& out, std::string_view text);

/// The text as one line, cut at `limit` bytes: every byte that is not printable ASCII becomes \xHH, each backslash is
/// doubled.
std::string printable(std::string_view text, std::size_t limit = 320);
void append_printable(std::string& out, std::string_view text, std::size_t limit = 320);

/// Enough for the longest address in external form: a local part of 255 bytes, each with a backslash, and a domain of
/// 255.
inline constexpr std::size_t max_field = 1024;

/// As printable(), for one field of a log line: white space, '<', '>' and ',' become \xHH too. So a reader that
/// splits the line at spaces, or searches for "<...>", gets exactly the original fields.
std::string log_field(std::string_view text, std::size_t limit = max_field);
void append_log_field(std::string& out, std::string_view text, std::size_t limit = max_field);

/// As append_log_field(), for a sentence: spaces and commas stay.
void append_log_text(std::string& out, std::string_view text, std::size_t limit = max_field);

/// A part of a text for messages: printable, quoted and short.
std::string excerpt(std::string_view text);

}  // namespace shorthop
