#include "tool/discover/log/log_line.h"

#include <algorithm>
#include <array>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

/// Removes the word up to the next space, with the space.
std::string_view take_field(std::string_view& text) {
  const std::size_t length = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return word;
}

/// Removes the byte order mark of UTF-8; a file, or the text of RFC 5424 (6.4), may begin with it.
void take_mark(std::string_view& text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
}

/// Removes "NAME  | ", which docker compose logs writes before each line.
void take_container(std::string_view& text) {
  const std::size_t bar = text.find_first_not_of(' ', std::min(text.find(' '), text.size()));
  if (bar != std::string_view::npos && text.substr(bar).starts_with("| ")) text.remove_prefix(bar + 2);
}

/// Removes "[ID 197553 mail.info] ", which the syslogd of Solaris and illumos writes before the text.
void take_message_number(std::string_view& text) {
  constexpr std::size_t max_length = 64;
  if (!text.starts_with("[ID ")) return;
  const std::size_t end = text.substr(0, max_length).find("] ");
  if (end != std::string_view::npos) text.remove_prefix(end + 2);
}

/// Removes "mail.info ", which the syslogd of BusyBox writes before the tag.
void take_facility(std::string_view& text) {
  constexpr std::array<std::string_view, 8> levels = {"debug", "info", "notice", "warn",
                                                      "err",   "crit", "alert",  "emerg"};
  const std::string_view word = text.substr(0, text.find(' '));
  const std::size_t dot = word.find('.');
  if (dot == std::string_view::npos || std::ranges::find(levels, word.substr(dot + 1)) == levels.end()) return;
  text.remove_prefix(std::min(word.size() + 1, text.size()));
}

/// Removes "<22>", and "1 " after it, which is the version of RFC 5424. Returns whether there was a version.
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
    take_field(text);
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
  // A syslog_name may have colons: "postfix/127.0.0.1:10025/smtpd[123]:".
  const std::string_view word = text.substr(0, text.find(' '));
  const std::size_t id = word.rfind('[');
  if (word.ends_with("]:") && id != std::string_view::npos && id > 0) {
    program = word.substr(0, id);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return true;
  }
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
  take_mark(text);
  take_container(text);
  const bool is_rfc5424 = take_priority(text);
  const auto time = clock.take_stamp(text);
  if (!time) return std::nullopt;
  clock.take_stamp(text);  // docker logs --timestamps writes its own stamp before the line's
  LogLine line{*time, take_field(text), {}, {}};
  if (is_rfc5424) {
    line.program = take_field(text);
    take_field(text);  // the process ID
    take_field(text);  // the kind of message
    take_structured_data(text);
    take_mark(text);
  } else {
    take_facility(text);
    if (!take_tag(text, line.program)) return std::nullopt;
  }
  take_message_number(text);
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
  while (!rest.empty() && is_digit(rest.front()) && times < 1'000'000'000) {
    times = times * 10 + static_cast<std::size_t>(rest.front() - '0');
    rest.remove_prefix(1);
  }
  if (times == 0 || !rest.starts_with(middle) || rest.size() <= middle.size()) return;
  line.text = rest.substr(middle.size(), rest.size() - middle.size() - 1);
  line.repeats = times;
}

}  // namespace shorthop::tool
