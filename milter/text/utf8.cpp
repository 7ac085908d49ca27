#include "text/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace shorthop {
namespace {

/// RFC 3629, 4: what may follow a first byte, so that no code point has two forms and none is a surrogate.
struct Sequence {
  std::size_t length = 0;  ///< 0: no first byte of a sequence
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xbf;
};

Sequence sequence_of(std::uint8_t first) {
  if (first < 0x80) return {1};
  if (first < 0xc2) return {};
  if (first < 0xe0) return {2};
  if (first == 0xe0) return {3, 0xa0};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3};
  if (first == 0xf0) return {4, 0x90};
  if (first < 0xf4) return {4};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {};
}

std::uint8_t byte_at(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

}  // namespace

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t top_bits = 0x8080808080808080;
  std::uint64_t bits = 0;
  for (; text.size() >= sizeof bits; text.remove_prefix(sizeof bits)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    bits |= word;
  }
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return (bits & top_bits) == 0;
}

CodePoint first_code_point(std::string_view text) {
  if (text.empty()) return {};
  const Sequence sequence = sequence_of(byte_at(text, 0));
  if (sequence.length == 0 || sequence.length > text.size()) return {};
  if (sequence.length == 1) return {byte_at(text, 0), 1};
  char32_t value = byte_at(text, 0) & (0x7fU >> sequence.length);
  for (std::size_t k = 1; k < sequence.length; ++k) {
    const std::uint8_t byte = byte_at(text, k);
    const std::uint8_t min = k == 1 ? sequence.second_min : 0x80;
    const std::uint8_t max = k == 1 ? sequence.second_max : 0xbf;
    if (byte < min || byte > max) return {};
    value = (value << 6) | (byte & 0x3fU);
  }
  return {value, sequence.length};
}

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = first_code_point(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace shorthop
