#include "tables/text/tokens.h"

#include <algorithm>

namespace shorthop {
namespace {

constexpr std::string_view operators = "|%!()<>@,;:\\\".[]";  // tok822_opchar, LEX_822_SPECIALS

}  // namespace

std::string Token::internal() const {
  if (kind == Kind::op || kind == Kind::comment) return std::string(raw);
  std::string_view text = raw;
  if (kind == Kind::quoted) text = text.substr(1, text.size() - (closed ? 2 : 1));
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) break;
    result += separates_tokens(text[i]) ? ' ' : text[i];
  }
  return result;
}

bool Tokens::next(Token& token) {
  rest_.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(rest_, separates_tokens) - rest_.begin()));
  if (rest_.empty()) return false;
  token = {};
  switch (const char first = rest_.front()) {
    case '(':
      token.kind = Token::Kind::comment;
      take_comment(token);
      break;
    case '[':
      token.kind = Token::Kind::domain_literal;
      take_enclosed(token, ']');
      break;
    case '"':
      token.kind = Token::Kind::quoted;
      take_enclosed(token, '"');
      break;
    default:
      if (first != '\\' && operators.contains(first)) {
        token.raw = rest_.substr(0, 1);
      } else {
        token.kind = Token::Kind::atom;
        take_atom(token);
      }
  }
  rest_.remove_prefix(token.raw.size());
  return true;
}

void Tokens::take_enclosed(Token& token, char end) {
  std::size_t i = 1;
  while (i < rest_.size() && rest_[i] != end) i += rest_[i] == '\\' ? 2 : 1;
  token.closed = i < rest_.size();
  token.raw = rest_.substr(0, std::min(i + 1, rest_.size()));
}

void Tokens::take_comment(Token& token) {
  std::size_t depth = 1;  // comments nest (RFC 5322, 3.2.2)
  std::size_t i = 1;
  for (; i < rest_.size() && depth > 0; ++i) {
    if (rest_[i] == '(') ++depth;
    if (rest_[i] == ')') --depth;
    if (rest_[i] == '\\') ++i;
  }
  token.closed = depth == 0;
  token.raw = rest_.substr(0, std::min(i, rest_.size()));
}

void Tokens::take_atom(Token& token) {
  std::size_t i = 0;
  while (i < rest_.size() && (rest_[i] == '\\' || (!separates_tokens(rest_[i]) && !operators.contains(rest_[i])))) {
    i += rest_[i] == '\\' ? 2 : 1;
  }
  token.closed = i <= rest_.size();  // a final backslash escapes nothing
  token.raw = rest_.substr(0, std::min(i, rest_.size()));
}

}  // namespace shorthop
