// Splits an address list into words and operators like Postfix's global/tok822_parse.c: RFC 822 with '%', '!' and '|'
// as further operators. Not here: what they mean (target.h, line_formats.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shorthop {

/// White space between tokens. Narrower than isspace(3): vertical tab and form feed are part of an atom.
constexpr bool separates_tokens(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::string_view without_separators(std::string_view text) {
  while (!text.empty() && separates_tokens(text.front())) text.remove_prefix(1);
  while (!text.empty() && separates_tokens(text.back())) text.remove_suffix(1);
  return text;
}

struct Token {
  enum class Kind : std::uint8_t { op, atom, quoted, domain_literal, comment };
  Kind kind = Kind::op;
  bool closed = true;    ///< false: the closing quote, bracket or parenthesis is missing
  std::string_view raw;  ///< as written, with its quotes, brackets or parentheses

  bool is_op(char c) const { return kind == Kind::op && raw.size() == 1 && raw[0] == c; }
  /// An atom, a quoted string or a domain literal: two in a row are two addresses.
  bool is_word() const { return kind != Kind::op && kind != Kind::comment; }
  /// In internal form: without quotes and backslashes; a domain literal and a comment keep their brackets.
  std::string internal() const;
};

class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}
  /// The next token; false at the end.
  bool next(Token& token);
  /// The unread rest.
  std::string_view rest() const { return rest_; }

 private:
  void take_enclosed(Token& token, char end);
  void take_comment(Token& token);
  void take_atom(Token& token);

  std::string_view rest_;
};

}  // namespace shorthop
