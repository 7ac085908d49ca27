#include "tables/text/target.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "mail/address.h"
#include "tables/text/tokens.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_list = 1 << 20;  // bytes; no list that a person writes is longer
constexpr std::size_t max_line =
    2047;  // postconf(5) line_length_limit is 2048, with the newline; longer lines are split
constexpr std::string_view include_prefix = ":include:";

using Words = std::span<const Token>;

UnreadableTarget unreadable(std::string_view text, std::string_view what) {
  constexpr std::size_t max_excerpt = 1000;
  return {std::string(text.substr(0, max_excerpt)), std::string(what)};
}

// --- the usual case: plain addresses and commas ---------------------------------------------------------------------

constexpr std::array<bool, 256> plain_characters = [] {
  std::array<bool, 256> plain{};
  for (int c = 0; c < 256; ++c) {
    const auto byte = static_cast<char>(c);
    plain[static_cast<std::size_t>(c)] = is_letter_or_digit(byte) || std::string_view("._-+=").contains(byte);
  }
  return plain;
}();

/// An address that needs no tokenizer: at most one '@', not at either end.
bool is_plain_address(std::string_view text) {
  std::size_t at = text.npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (plain_characters[static_cast<unsigned char>(text[i])]) continue;
    if (text[i] != '@' || at != text.npos) return false;
    at = i;
  }
  return !text.empty() && at != 0 && at + 1 != text.size();
}

/// Calls `take` with each part between commas, without surrounding white space, until `take` returns false. Returns
/// false as soon as a part is not a plain address.
template <class Take>
bool each_plain(std::string_view list, Take take) {
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    const std::string_view part = without_separators(list.substr(begin, comma - begin));
    if (!is_plain_address(part)) return false;
    if (!take(part)) break;
    begin = comma + 1;
  }
  return true;
}

// --- all other cases, as in Postfix's tok822_parse and local/token.c -------------------------------------------------

struct Item {
  std::string_view text;      ///< as written, trimmed
  std::vector<Token> tokens;  ///< without comments
  bool closed = true;         ///< false: a quote, comment or bracket is not closed
  bool alone = false;         ///< the only item of its list
  bool lacks_comma = false;   ///< AddressTarget::lacks_comma
};

std::string joined_internal(Words words) {
  std::string result;
  for (const Token& word : words) result += word.internal();
  return result;
}

std::string joined_raw(Words words) {
  std::string result;
  for (const Token& word : words) result += word.raw;
  return result;
}

bool has_op(Words words, char c) {
  return std::ranges::any_of(words, [c](const Token& token) { return token.is_op(c); });
}

bool has_two_words_in_a_row(Words words) {
  const auto both = [](const Token& a, const Token& b) { return a.is_word() && b.is_word(); };
  return std::ranges::adjacent_find(words, both) != words.end();
}

/// The words inside the angle brackets of "Name <address>"; all of them if there are none; nullopt if the brackets do
/// not match.
std::optional<Words> without_name(Words words) {
  const auto is_bracket = [](const Token& token) { return token.is_op('<') || token.is_op('>'); };
  const auto brackets = std::ranges::count_if(words, is_bracket);
  if (brackets == 0) return words;
  const auto open = std::ranges::find_if(words, is_bracket);
  if (brackets != 2 || !open->is_op('<') || !words.back().is_op('>')) return std::nullopt;
  const auto name = static_cast<std::size_t>(open - words.begin());
  if (has_op(words.first(name), ':') || has_op(words.first(name), ';')) return std::nullopt;
  return words.subspan(name + 1, words.size() - name - 2);
}

/// The error in the words of an address; empty if there is none.
std::string_view fault_of_address(Words words, std::string_view internal) {
  const auto is_literal = [](const Token& token) { return token.kind == Token::Kind::domain_literal; };
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  if (internal.empty()) return "the address is empty";
  if (std::ranges::any_of(internal, is_control)) return "there is a control character";
  if (has_op(words, ':') || has_op(words, ';') || has_op(words, ',')) return "groups and routes are not supported";
  if (std::ranges::any_of(words, is_literal)) return "domain literals are not supported";
  if (has_op(words, '(') || has_op(words, ')') || has_op(words, '[') || has_op(words, ']')) {
    return "a bracket is not balanced";
  }
  const auto ats = std::ranges::count_if(words, [](const Token& token) { return token.is_op('@'); });
  if (ats > 1) return "there is more than one '@'";
  if (words.front().is_op('@') || words.back().is_op('@')) return "a part of the address is missing";
  return {};
}

/// The address in external form: as written, or requoted if it had quotes, backslashes or inner white space.
Target address_target(const Item& item, Words words, Dialect dialect) {
  const auto at = std::ranges::find_if(words, [](const Token& token) { return token.is_op('@'); });
  const Words local(words.begin(), at);
  const Words domain = at == words.end() ? Words() : Words(at + 1, words.end());
  const auto is_quoted = [](const Token& token) {
    return token.kind == Token::Kind::quoted || token.raw.contains('\\');
  };
  if (std::ranges::any_of(domain, is_quoted)) return unreadable(item.text, "the domain is quoted");
  // "user@domain" quoted as a whole is a local part in $myorigin. cleanup(8) looks up that address, and
  // trivial-rewrite(8) may find user@domain inside of it, if $myorigin is local (trivial-rewrite/resolve.c,
  // resolve_dequoted_address).
  const std::string whole = joined_internal(local);
  if (at == words.end() && whole.contains('@') && is_plain_address(whole)) {
    if (dialect == Dialect::virtual5) return unreadable(item.text, "the address is quoted as a whole");
    return AddressTarget{whole, true};
  }
  std::string text =
      std::ranges::any_of(local, is_quoted) ? quoted_local_part(joined_internal(local)) : joined_raw(local);
  if (at != words.end()) text += '@' + joined_raw(domain);
  return AddressTarget{std::move(text), false, item.lacks_comma};
}

/// "\user", with or without quotes. Postfix drops the backslash and delivers to "user", whose aliases still apply
/// (local/recipient.c says that its code for "\user" does not work). Other MTAs deliver to the mailbox. Either way the
/// target belongs to the primary.
std::optional<Target> mailbox_target(const Item& item, Words words, Dialect dialect) {
  const std::string_view first = words.front().raw;
  if (!first.starts_with('\\') && !first.starts_with("\"\\")) return std::nullopt;
  if (dialect == Dialect::virtual5 || words.size() > 1 || words.front().kind == Token::Kind::domain_literal) {
    return unreadable(item.text, "a backslash before something other than a user's name");
  }
  return MailboxTarget{words.front().internal()};
}

std::optional<Target> special_target(const std::string& internal) {
  if (internal.starts_with('|'))
    return CommandTarget{std::string(without_separators(std::string_view(internal).substr(1)))};
  if (internal.starts_with('/') || internal.starts_with('~')) return FileTarget{internal};
  if (starts_with_folded(internal, include_prefix) && internal.size() > include_prefix.size()) {
    return IncludeTarget{internal.substr(include_prefix.size())};
  }
  return std::nullopt;
}

Target target_of(const Item& item, Dialect dialect) {
  const bool local8 = dialect == Dialect::local8;
  if (!item.closed) return unreadable(item.text, "a quote, comment or bracket is not closed");
  // Postfix would split an unquoted command at its spaces; the postmaster meant one command. The recipient is kept in
  // either case.
  if (local8 && item.tokens.front().is_op('|'))
    return CommandTarget{std::string(without_separators(item.text.substr(1)))};
  const auto words = without_name(item.tokens);
  if (!words) return unreadable(item.text, "angle brackets are valid only as in \"Name <address>\"");
  if (words->empty()) return unreadable(item.text, "the address is empty");
  if (has_two_words_in_a_row(*words)) return unreadable(item.text, "there are two words without a comma between them");
  const std::string internal = joined_internal(*words);
  if (auto mailbox = mailbox_target(item, *words, dialect)) return *mailbox;
  if (auto special = special_target(internal)) {
    return local8 ? *special : unreadable(item.text, "virtual(5) takes addresses only");
  }
  // virtual(5): "@domain" keeps the local part of the original address.
  const bool same_user = !local8 && item.alone && words->size() > 1 && words->front().is_op('@');
  // Here "x" stands for that local part.
  if (same_user && is_plain_address("x" + joined_raw(*words))) return AddressTarget{joined_raw(*words)};
  const std::string_view fault = fault_of_address(*words, internal);
  return fault.empty() ? address_target(item, *words, dialect) : unreadable(item.text, fault);
}

/// Splits a list at its commas; a comma inside angle brackets is part of a route (RFC 5322, 4.4).
class Items {
 public:
  explicit Items(std::string_view list) : list_(list), tokens_(list) {}

  bool next(Item& item) {
    item = {};
    const std::size_t begin = position();
    std::size_t end = begin;
    bool in_brackets = false;
    bool any = false;
    for (Token token; tokens_.next(token); end = position()) {
      any = true;
      if (token.is_op(',') && !in_brackets) break;
      if (token.is_op('<')) in_brackets = true;
      if (token.is_op('>')) in_brackets = false;
      item.closed = item.closed && token.closed;
      if (token.kind != Token::Kind::comment) item.tokens.push_back(token);
    }
    item.text = without_separators(list_.substr(begin, end - begin));
    return any;
  }

 private:
  std::size_t position() const { return list_.size() - tokens_.rest().size(); }

  std::string_view list_;
  Tokens tokens_;
};

/// Whether every token is '@', '.', or an atom that has no backslash.
bool has_atoms_only(Words words) {
  return std::ranges::all_of(words, [](const Token& token) {
    return token.kind == Token::Kind::atom ? !token.raw.contains('\\') : token.is_op('@') || token.is_op('.');
  });
}

/// global/tok822_parse.c: two words without an operator between them are two addresses, as if separated by a comma.
/// This does not apply before angle brackets, where the words are the name in "Name <address>".
std::vector<Item> separated(Item item) {
  std::vector<Item> parts;
  if (!item.closed || !has_two_words_in_a_row(item.tokens) || !has_atoms_only(item.tokens)) {
    parts.push_back(std::move(item));
    return parts;
  }
  for (const Token& token : item.tokens) {
    const bool begins = parts.empty() || (token.is_word() && parts.back().tokens.back().is_word());
    if (begins) parts.push_back({.text = token.raw, .tokens = {}, .lacks_comma = true});
    Item& part = parts.back();
    part.text = {part.text.begin(), token.raw.end()};
    part.tokens.push_back(token);
  }
  return parts;
}

/// Appends the targets of a list until there are `max_targets` in all; then FurtherTargets, if there are more.
void append_targets(std::vector<Target>& targets, std::string_view list, Dialect dialect, std::size_t max_targets) {
  const std::size_t before = targets.size();
  const auto take = [&](std::string_view part) {
    const bool has_room = targets.size() < max_targets;
    targets.push_back(has_room ? Target(AddressTarget{std::string(part)}) : FurtherTargets{max_targets});
    return has_room;
  };
  if (each_plain(list, take)) return;
  targets.resize(before);
  if (list.contains('\0')) return targets.push_back(unreadable(list, "there is a NUL byte"));
  std::vector<Item> items;
  Items parts(list);
  for (Item item; before + items.size() <= max_targets && parts.next(item);) {
    if (item.tokens.empty() && item.closed) continue;
    for (Item& part : separated(std::move(item))) items.push_back(std::move(part));
  }
  if (items.size() == 1) items.front().alone = true;
  for (const Item& item : items) {
    if (targets.size() >= max_targets) return targets.push_back(FurtherTargets{max_targets});
    targets.push_back(target_of(item, dialect));
  }
}

/// Calls `use(line, number)` for each line that is not a comment.
template <class Use>
void each_target_line(std::string_view file, Use use) {
  std::uint32_t number = 0;
  for (std::size_t begin = 0; begin < file.size();) {
    const std::size_t end = std::min(file.find('\n', begin), file.size());
    const std::string_view line = file.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (!line.starts_with('#')) use(line, number);
  }
}

void append_line(std::vector<Target>& targets, std::string_view line, std::size_t max_targets = all_targets) {
  if (line.size() > max_line) {
    targets.push_back(unreadable(line, "the line is longer than 2047 bytes, and Postfix splits it"));
  } else {
    append_targets(targets, line, Dialect::local8, max_targets);
  }
}

template <class... Visitors>
struct overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace

std::vector<Target> parse_targets(std::string_view right_hand_side, Dialect dialect, std::size_t max_targets) {
  if (right_hand_side.size() > max_list) return {unreadable(right_hand_side, "it is longer than 1 MiB")};
  if (!is_utf8(right_hand_side)) return {unreadable(right_hand_side, "it is not UTF-8, so Postfix ignores it")};
  std::vector<Target> targets;
  append_targets(targets, right_hand_side, dialect, max_targets);
  if (targets.empty()) {
    targets.push_back(unreadable(right_hand_side.empty() ? "(nothing)" : right_hand_side, "there is no address"));
  }
  return targets;
}

std::vector<Target> parse_target_lines(std::string_view file, std::size_t max_targets) {
  std::vector<Target> targets;
  each_target_line(file, [&](std::string_view line, std::uint32_t) {
    if (targets.size() <= max_targets) append_line(targets, line, max_targets);
  });
  return targets;
}

std::vector<std::pair<std::uint32_t, UnreadableTarget>> unreadable_target_lines(std::string_view file,
                                                                                std::size_t max_targets) {
  std::vector<std::pair<std::uint32_t, UnreadableTarget>> found;
  std::vector<Target> targets;
  each_target_line(file, [&](std::string_view line, std::uint32_t number) {
    if (found.size() >= max_targets) return;
    targets.clear();
    append_line(targets, line);
    for (Target& target : targets) {
      auto* bad = std::get_if<UnreadableTarget>(&target);
      if (bad != nullptr && found.size() < max_targets) found.emplace_back(number, std::move(*bad));
    }
  });
  return found;
}

bool only_plain_addresses(std::string_view right_hand_side) {
  return each_plain(right_hand_side, [](std::string_view) { return true; });
}

std::string text_of(const Target& target) {
  return std::visit(overloaded{
                        [](const AddressTarget& t) { return t.is_quoted ? '"' + t.text + '"' : t.text; },
                        [](const CommandTarget& t) { return "\"|" + t.command + '"'; },
                        [](const FileTarget& t) { return t.path; },
                        [](const IncludeTarget& t) { return std::string(include_prefix) + t.path; },
                        [](const MailboxTarget& t) { return '\\' + t.user; },
                        [](const UnreadableTarget& t) { return t.text; },
                        [](const FurtherTargets&) { return std::string("..."); },
                    },
                    target);
}

}  // namespace shorthop
