#include "text/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// \uXXXX (RFC 8259, 7): pure ASCII, safe for every log and terminal.
void append_unit(std::string& out, char32_t unit) {
  out += "\\u";
  append_hexadecimal(out, static_cast<unsigned char>(unit >> 8));
  append_hexadecimal(out, static_cast<unsigned char>(unit & 0xff));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    const CodePoint point = first_code_point(text);
    if (byte == '"' || byte == '\\') {
      out += {'\\', text.front()};
    } else if (point.length == 0) {
      append_unit(out, byte);  // read as Latin-1, so that it remains visible
    } else if (point.value < 0x10000) {
      append_unit(out, point.value);
    } else {
      append_unit(out, 0xd800 + ((point.value - 0x10000) >> 10));
      append_unit(out, 0xdc00 + ((point.value - 0x10000) & 0x3ff));
    }
    text.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  out += '"';
}

JsonObject& JsonObject::text(std::string_view field, std::string_view value) {
  begin_field(field);
  append_json_string(json_, value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view field, std::uint64_t value) {
  begin_field(field);
  std::array<char, 20> digits{};
  json_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  return *this;
}

JsonObject& JsonObject::seconds(std::string_view field, std::chrono::milliseconds time) {
  begin_field(field);
  std::array<char, 64> digits{};
  const double value = static_cast<double>(time.count()) / 1000;
  char* const end = digits.data() + digits.size();
  json_.append(digits.data(), std::to_chars(digits.data(), end, value, std::chars_format::fixed).ptr);
  return *this;
}

JsonObject& JsonObject::boolean(std::string_view field, bool value) {
  begin_field(field);
  json_ += value ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::null(std::string_view field) {
  begin_field(field);
  json_ += "null";
  return *this;
}

std::string JsonObject::str() {
  json_ += '}';
  return std::move(json_);
}

/// No value ends with '{' (a string ends with its quote), so json_ ends with '{' only before the first field of an
/// object.
void JsonObject::begin_field(std::string_view field) {
  if (!json_.ends_with('{')) json_ += ',';
  append_json_string(json_, field);
  json_ += ':';
}

}  // namespace shorthop
