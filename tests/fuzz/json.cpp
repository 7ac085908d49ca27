// Writes any bytes as a JSON string. It is printable, and a reader gets the text back.
#include "text/json.h"

#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/json_value.h"
#include "fuzz/must.h"
#include "text/utf8.h"

namespace {

/// The text that a reader should get: bytes that are not UTF-8 are read as Latin-1.
std::string as_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = shorthop::first_code_point(text).length;
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      result += static_cast<char>(0xc0 | (byte >> 6));
      result += static_cast<char>(0x80 | (byte & 0x3f));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  std::string json = "before";
  shorthop::append_json_string(json, text);
  must(json.starts_with("before\""), "what was there stays");
  must(is_printable_line(json), "JSON is one line of printable ASCII");
  must(json.size() <= 6 * size + 8, "a byte becomes at most six");
  const auto read = JsonReader::read(std::string_view(json).substr(6));
  must(read && read->kind == JsonValue::Kind::string, "it is a string of JSON");
  must(read->text == as_utf8(text), "a reader gets the text back");
  return 0;
}
