#include "text/ascii.h"

#include <cstdint>
#include <cstring>

namespace shorthop {

std::size_t printable_prefix(std::string_view text) {
  constexpr std::uint64_t each = 0x0101010101010101;
  std::size_t length = 0;
  for (std::uint64_t word = 0; text.size() - length >= sizeof word; length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    const std::uint64_t low_bits = word & (each * 0x7f);
    const std::uint64_t from_space = low_bits + each * (0x80 - ' ');  // the top bit of each byte says it
    const std::uint64_t from_delete = low_bits + each * (0x80 - 0x7f);
    if (((word | ~from_space | from_delete) & (each * 0x80)) != 0) break;
  }
  while (length < text.size() && text[length] >= 0x20 && text[length] < 0x7f) ++length;
  return length;
}

namespace {

/// Appends the text with every byte of `special`, and every one that is not printable ASCII, as \xHH; cut at `limit`.
void append_escaped(std::string& out, std::string_view text, std::string_view special, std::size_t limit) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string_view shown = text.substr(0, limit);
  // Nearly always that is all of it.
  const std::size_t plain = std::min({printable_prefix(shown), shown.find('\\'), shown.find_first_of(special)});
  out.append(shown, 0, plain);
  if (plain < shown.size()) {
    for (const char c : shown.substr(plain)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '\\') {
        out += "\\\\";
      } else if (c >= 0x20 && c < 0x7f && !special.contains(c)) {
        out += c;
      } else {
        out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      }
    }
  }
  if (text.size() > limit) out += "...";
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  append_printable(result, text, limit);
  return result;
}

void append_printable(std::string& out, std::string_view text, std::size_t limit) {
  append_escaped(out, text, {}, limit);
}

std::string log_field(std::string_view text, std::size_t limit) {
  std::string result;
  append_log_field(result, text, limit);
  return result;
}

void append_log_field(std::string& out, std::string_view text, std::size_t limit) {
  append_escaped(out, text, " <>,", limit);
}

void append_log_text(std::string& out, std::string_view text, std::size_t limit) {
  append_escaped(out, text, "<>", limit);
}

}  // namespace shorthop
