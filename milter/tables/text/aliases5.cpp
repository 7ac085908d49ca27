#include "tables/text/line_formats.h"

#include <algorithm>

#include "tables/text/tokens.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

constexpr std::string_view fix_for_virtual5 =
    "if this is a virtual(5) table, name it in virtual-alias-maps, or in virtual_alias_maps of the mirrored primary";

/// A character without special meaning in a name. A name of only such characters needs no tokenizer.
constexpr bool is_plain(char c) { return is_letter_or_digit(c) || std::string_view("-._+=/#$&'*?^`{}~").contains(c); }

std::unexpected<LineError> no_colon(std::string_view line) {
  const auto space = std::ranges::find_if(line, is_space);
  const bool looks_like_virtual5 = space != line.end() || line.contains('@');
  return std::unexpected(LineError{"expected ':' after the alias name in " + excerpt(trimmed(line)),
                                   std::string(looks_like_virtual5 ? fix_for_virtual5 : "write \"name: targets\"")});
}

std::unexpected<LineError> no_target(std::string_view name) {
  return std::unexpected(LineError{"the alias " + excerpt(name) + " has no target",
                                   "give it one, or remove the line; a continuation line starts with white space",
                                   std::string(name)});
}

/// Postfix puts a space between two words, and before '<' (tok822_internalize).
bool space_between(const Token& left, const Token& right) {
  const auto is_text = [](const Token& token) { return token.kind != Token::Kind::op; };
  return right.is_op('<') || (is_text(left) && is_text(right));
}

LineResult parse_tokens(std::string_view line, std::string& name) {
  name.clear();
  Tokens tokens(line);
  Token token;
  Token before;
  bool is_empty = true;
  bool is_local = true;
  bool is_single = true;
  bool has_colon = false;
  for (; tokens.next(token) && !(has_colon = token.is_op(':')); before = token) {
    if (token.is_op('@') || token.is_op('%')) is_local = false;
    if (token.is_op(',')) is_single = false;
    if (!is_empty && space_between(before, token)) name += ' ';
    name += token.internal();
    is_empty = false;
  }
  if (!has_colon) return no_colon(line);
  if (is_empty) return std::unexpected(LineError{"missing alias name before ':'", "write \"name: targets\""});
  if (!is_single) {
    return std::unexpected(
        LineError{"several alias names before ':' in " + excerpt(line), "write one line for each name"});
  }
  if (!is_local) {
    return std::unexpected(LineError{"the alias name " + excerpt(name) + " must be local, without a domain",
                                     std::string(fix_for_virtual5)});
  }
  const std::string_view value = without_separators(tokens.rest());
  if (value.empty()) return no_target(name);
  return ParsedLine{name, value};
}

/// The local part of an address that Sendmail's newaliases takes as the name of an alias: "ann@example.org",
/// "Ann <ann@example.org>", "ann (the boss)". Empty if it is not a single plain word.
std::string local_part_of(std::string_view written) {
  std::string text;
  int depth = 0;  // of comments
  for (const char c : written) {
    if (c == '(') ++depth;
    if (depth == 0) text += c;
    if (c == ')' && depth > 0) --depth;
  }
  std::string_view part = text;
  if (part.contains('<')) part = part.substr(part.rfind('<') + 1);  // what comes before is a phrase
  part = trimmed(part.substr(0, part.find_first_of("@>")));
  if (part.size() >= 2 && part.starts_with('"') && part.ends_with('"')) part = part.substr(1, part.size() - 2);
  return std::ranges::all_of(part, is_plain) ? std::string(part) : std::string();
}

}  // namespace

// sendmail/alias.c, readaliases: the text before the first ':' is parsed as an address, which must be local. Which
// addresses are local depends on class w, so a line with more than a plain word there is not read.
LineResult parse_sendmail_alias(std::string_view logical_line, std::string& buffer) {
  const std::string_view written = logical_line.substr(0, logical_line.find(':'));
  const std::string_view name = trimmed(written);
  const bool is_word = !name.empty() && std::ranges::all_of(name, is_plain);
  if (is_word || written.size() == logical_line.size()) return parse_aliases5(logical_line, buffer);
  LineError error{"the alias name " + excerpt(name) + " is not a single word, so recipients that it may name are kept",
                  "write the local part alone, before ':'", local_part_of(written)};
  error.is_any_key = error.key.empty();
  return std::unexpected(std::move(error));
}

LineResult parse_aliases5(std::string_view logical_line, std::string& buffer) {
  const auto end = std::ranges::find_if_not(logical_line, is_plain);
  const auto length = static_cast<std::size_t>(end - logical_line.begin());
  if (length == 0 || end == logical_line.end() || *end != ':') return parse_tokens(logical_line, buffer);
  const std::string_view name = logical_line.substr(0, length);
  const std::string_view value = without_separators(logical_line.substr(length + 1));
  if (value.empty()) return no_target(name);
  return ParsedLine{name, value};
}

}  // namespace shorthop
