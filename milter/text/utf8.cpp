#include "text/utf8.h"

#include <unistr.h>

#include <cstdint>
#include <cstring>

namespace shorthop {

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
  ucs4_t value = 0;
  const int length = ::u8_mbtoucr(&value, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  if (length <= 0) return {};
  return {value, static_cast<std::size_t>(length)};
}

bool is_utf8(std::string_view text) {
  return is_ascii(text) || ::u8_check(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == nullptr;
}

}  // namespace shorthop
