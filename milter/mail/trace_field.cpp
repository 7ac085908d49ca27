#include "mail/trace_field.h"

#include <array>
#include <cstddef>

#include "text/ascii.h"

namespace shorthop {
namespace {

constexpr std::size_t max_field_length = 4096;
constexpr std::size_t max_message_id = 998;  // a line of RFC 5322, 2.1.1

/// The words of a Received field, one after another.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  /// The next word outside comments; empty at the end of the text, and at the ';' before the date.
  std::string_view next() {
    skip_space_and_comments();
    std::size_t length = 0;
    while (length < rest_.size() && !is_space(rest_[length]) && rest_[length] != '(' && rest_[length] != ';') ++length;
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return word;
  }

  /// The comment that follows, without its parentheses; empty: there is none.
  std::string_view comment() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    if (!rest_.starts_with('(')) return {};
    const std::string_view begin = rest_;
    skip_comment();
    const std::size_t length = begin.size() - rest_.size();
    return length < 2 ? std::string_view() : begin.substr(1, length - 2);
  }

 private:
  void skip_space_and_comments() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == '(')) {
      if (rest_.front() == '(') {
        skip_comment();
      } else {
        rest_.remove_prefix(1);
      }
    }
  }

  /// Comments nest, and a backslash quotes the next byte (RFC 5322, 3.2.2).
  void skip_comment() {
    std::size_t depth = 0;
    std::size_t at = 0;
    for (; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == '(') {
        ++depth;
      } else if (rest_[at] == ')' && --depth == 0) {
        break;
      }
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
  }

  std::string_view rest_;
};

/// RFC 5321, 4.4: each of these is followed by its value.
bool is_clause(std::string_view word) {
  constexpr std::array<std::string_view, 6> names = {"from", "by", "via", "with", "id", "for"};
  return std::ranges::any_of(names, [&](std::string_view name) { return equal_folded(word, name); });
}

/// "client.example.net [192.0.2.99]", "localhost [127.0.0.1] (may be forged)",
/// "IDENT:ann@client.example.net [IPv6:::1]".
void take_client(std::string_view comment, TraceField& field) {
  const std::size_t open = comment.find('[');
  const std::size_t close = comment.find(']', open);
  if (open == comment.npos || close == comment.npos) return;
  std::string_view address = comment.substr(open + 1, close - open - 1);
  constexpr std::string_view prefix = "IPv6:";  // RFC 5321, 4.1.3
  if (starts_with_folded(address, prefix)) address.remove_prefix(prefix.size());
  field.from_address = address;
  if (comment.find("may be forged", close) != comment.npos) return;  // Sendmail: the name does not lead to the address
  const std::string_view name = trimmed(comment.substr(0, open));
  field.from_name = name.substr(name.rfind('@') + 1);
}

}  // namespace

std::optional<TraceField> parse_received(std::string_view value) {
  if (value.size() > max_field_length) return std::nullopt;
  TraceField field;
  Words words(value);
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (!is_clause(word)) continue;
    const std::string_view clause_value = words.next();
    if (equal_folded(word, "from")) {
      if (field.by.empty() && field.from_address.empty()) take_client(words.comment(), field);
      field.has_from = true;
    }
    if (equal_folded(word, "by") && field.by.empty()) field.by = clause_value;
    if (equal_folded(word, "id") && field.id.empty()) field.id = clause_value;
  }
  if (field.by.empty() || field.id.empty()) return std::nullopt;
  return field;
}

std::string_view parse_message_id(std::string_view value) {
  value = trimmed(value);
  const std::size_t begin = value.find('<');
  const std::size_t end = begin == value.npos ? begin : value.find('>', begin);
  if (end != value.npos) value = value.substr(begin, end - begin + 1);
  return value.size() > max_message_id ? std::string_view() : value;
}

void TraceHeader::take(std::string_view name, std::string_view value) {
  if (equal_folded(name, "Received") && received.size() < max_fields) {
    if (auto field = parse_received(value)) received.push_back(std::move(*field));
  } else if (message_id.empty() && equal_folded(name, "Message-ID")) {
    message_id = parse_message_id(value);
  }
}

}  // namespace shorthop
