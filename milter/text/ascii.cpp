#include "text/ascii.h"

#include <array>
#include <limits>

namespace shorthop {
namespace {

/// For each byte, 1 if it is output unchanged, else 0.
using PlainBytes = std::array<unsigned, 256>;

/// Printable ASCII except the bytes in `escaped`.
constexpr PlainBytes printable_but(std::string_view escaped) {
  PlainBytes plain{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = 1;
  for (const char c : escaped) plain[static_cast<unsigned char>(c)] = 0;
  return plain;
}

constexpr PlainBytes printable_and_line_ends() {
  PlainBytes plain = printable_but("");
  plain['\n'] = plain['\t'] = 1;
  return plain;
}

/// How many bytes at the beginning are plain.
std::size_t plain_prefix(std::string_view text, const PlainBytes& plain) {
  const auto is_plain = [&](std::size_t at) { return plain[static_cast<unsigned char>(text[at])]; };
  std::size_t at = 0;
  // Checking four bytes at once takes half the time, and all output passes through here.
  while (at + 4 <= text.size() && (is_plain(at) & is_plain(at + 1) & is_plain(at + 2) & is_plain(at + 3)) != 0) at += 4;
  while (at < text.size() && is_plain(at) != 0) ++at;
  return at;
}

/// Appends the text, cut at `limit`. A backslash that is not plain is doubled; every other byte that is not plain
/// becomes \xHH.
void append_escaped(std::string& out, std::string_view text, const PlainBytes& plain, std::size_t limit) {
  for (std::string_view rest = text.substr(0, limit);;) {
    const std::size_t length = plain_prefix(rest, plain);
    out.append(rest, 0, length);
    if (length == rest.size()) break;
    if (rest[length] == '\\') {
      out += "\\\\";
    } else {
      append_hexadecimal(out += "\\x", static_cast<unsigned char>(rest[length]));
    }
    rest.remove_prefix(length + 1);
  }
  if (text.size() > limit) out += "...";
}

constexpr PlainBytes of_one_line = printable_but("");

}  // namespace

bool is_one_line(std::string_view text, std::size_t limit) {
  return text.size() <= limit && plain_prefix(text, of_one_line) == text.size();
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::string line;
  line.reserve(std::min(text.size(), limit));
  append_escaped(line, text, of_one_line, limit);
  return line;
}

void append_lines(std::string& out, std::string_view text) {
  static constexpr PlainBytes plain = printable_and_line_ends();
  append_escaped(out, text, plain, std::numeric_limits<std::size_t>::max());
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  append_printable(result, text, limit);
  return result;
}

void append_printable(std::string& out, std::string_view text, std::size_t limit) {
  static constexpr PlainBytes plain = printable_but("\\");
  append_escaped(out, text, plain, limit);
}

std::string log_field(std::string_view text, std::size_t limit) {
  std::string result;
  append_log_field(result, text, limit);
  return result;
}

void append_log_field(std::string& out, std::string_view text, std::size_t limit) {
  static constexpr PlainBytes plain = printable_but("\\ <>,");
  append_escaped(out, text, plain, limit);
}

void append_log_text(std::string& out, std::string_view text, std::size_t limit) {
  static constexpr PlainBytes plain = printable_but("\\<>");
  append_escaped(out, text, plain, limit);
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t max_length = 60;
  return '"' + printable(text, max_length) + '"';
}

}  // namespace shorthop
