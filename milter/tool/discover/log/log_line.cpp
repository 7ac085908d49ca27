#include "tool/discover/log/log_line.h"

#include <algorithm>

namespace shorthop::tool {
namespace {

/// Removes the word up to the next space, with the space.
std::string_view take_word(std::string_view& text) {
  const std::size_t length = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return word;
}

/// Removes "<22>" and tells whether "1 ", the version of RFC 5424, follows; removes that too.
bool take_priority(std::string_view& text) {
  if (!text.starts_with('<')) return false;
  const std::size_t end = text.substr(0, 5).find('>');
  if (end == std::string_view::npos) return false;
  text.remove_prefix(end + 1);
  if (!text.starts_with("1 ")) return false;
  text.remove_prefix(2);
  return true;
}

/// RFC 5424, 6.3: structured data is "-", or elements in brackets in which \] is a character.
void take_structured_data(std::string_view& text) {
  if (!text.starts_with('[')) {
    take_word(text);
    return;
  }
  while (text.starts_with('[')) {
    std::size_t at = 1;
    while (at < text.size() && text[at] != ']') at += text[at] == '\\' ? 2 : 1;
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
}

/// "postfix/smtpd[123]: text" or "kernel: text".
bool take_tag(std::string_view& text, std::string_view& program) {
  const std::size_t end = text.find_first_of("[: ");
  if (end == 0 || end == std::string_view::npos || text[end] == ' ') return false;
  program = text.substr(0, end);
  const std::size_t colon = text[end] == ':' ? end : text.find(':', end);
  if (colon == std::string_view::npos) return false;
  text.remove_prefix(colon + 1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view text, LogClock& clock) {
  const bool is_rfc5424 = take_priority(text);
  const auto time = clock.take_stamp(text);
  if (!time) return std::nullopt;
  LogLine line{*time, take_word(text), {}, {}};
  if (is_rfc5424) {
    line.program = take_word(text);
    take_word(text);  // the process ID
    take_word(text);  // the kind of message
    take_structured_data(text);
  } else if (!take_tag(text, line.program)) {
    return std::nullopt;
  }
  line.text = text;
  unwrap_repeated(line);
  return line;
}

void unwrap_repeated(LogLine& line) {
  constexpr std::string_view begin = "message repeated ";
  constexpr std::string_view middle = " times: [ ";
  if (!line.text.starts_with(begin) || !line.text.ends_with(']')) return;
  std::string_view rest = line.text.substr(begin.size());
  std::size_t times = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9' && times < 1'000'000'000) {
    times = times * 10 + static_cast<std::size_t>(rest.front() - '0');
    rest.remove_prefix(1);
  }
  if (times == 0 || !rest.starts_with(middle) || rest.size() <= middle.size()) return;
  line.text = rest.substr(middle.size(), rest.size() - middle.size() - 1);
  line.repeats = times;
}

}  // namespace shorthop::tool
