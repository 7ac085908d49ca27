// A strict parser for the JSON that shorthop writes (a part of RFC 8259). Fuzz targets compare what it reads with what
// was written.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A value. `text`: of a string, its text as UTF-8; of a number, true, false or null, the word as written.
struct JsonValue {
  enum class Kind { string, word, array, object };
  Kind kind = Kind::word;
  std::string text;
  std::vector<JsonValue> parts;  ///< of an array or an object, in order
  std::string name;              ///< in an object: the name of this part

  /// The first part with that name, or null.
  const JsonValue* field(std::string_view wanted) const {
    const auto found = std::ranges::find(parts, wanted, &JsonValue::name);
    return found == parts.end() ? nullptr : &*found;
  }
};

class JsonReader {
 public:
  /// Parses the whole text as one value; nullopt if it is not JSON.
  static std::optional<JsonValue> read(std::string_view text) {
    JsonReader reader(text);
    auto value = reader.value(deepest);
    return value && reader.rest_.empty() ? value : std::nullopt;
  }

 private:
  static constexpr int deepest = 16;

  explicit JsonReader(std::string_view text) : rest_(text) {}

  bool take(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  std::optional<JsonValue> value(int depth) {
    if (depth == 0 || rest_.empty()) return std::nullopt;
    if (rest_.front() == '"') {
      auto text = string();
      return text ? std::optional(JsonValue{JsonValue::Kind::string, std::move(*text), {}, {}}) : std::nullopt;
    }
    if (take("{")) return members(JsonValue::Kind::object, '}', depth);
    if (take("[")) return members(JsonValue::Kind::array, ']', depth);
    return word();
  }

  /// This program writes no negative numbers, no exponents and no white space.
  std::optional<JsonValue> word() {
    for (const std::string_view name : {"true", "false", "null"}) {
      if (take(name)) return JsonValue{JsonValue::Kind::word, std::string(name), {}, {}};
    }
    std::string number = digits();
    if (number.empty() || (number.size() > 1 && number.front() == '0')) return std::nullopt;
    if (take(".")) {
      const std::string decimals = digits();
      if (decimals.empty()) return std::nullopt;
      number += "." + decimals;
    }
    return JsonValue{JsonValue::Kind::word, std::move(number), {}, {}};
  }

  std::string digits() {
    const std::size_t length = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return std::string(found);
  }

  std::optional<JsonValue> members(JsonValue::Kind kind, char end, int depth) {
    JsonValue result{kind, {}, {}, {}};
    if (take({&end, 1})) return result;
    do {
      std::string name;
      if (kind == JsonValue::Kind::object) {
        auto key = string();
        if (!key || !take(":")) return std::nullopt;
        name = std::move(*key);
      }
      auto member = value(depth - 1);
      if (!member) return std::nullopt;
      member->name = std::move(name);
      result.parts.push_back(std::move(*member));
    } while (take(","));
    return take({&end, 1}) ? std::optional(std::move(result)) : std::nullopt;
  }

  std::optional<std::string> string() {
    std::string text;
    if (!take("\"")) return std::nullopt;
    while (!take("\"")) {
      if (rest_.empty() || static_cast<unsigned char>(rest_.front()) < 0x20) return std::nullopt;
      if (rest_.front() != '\\') {
        text += rest_.front();
        rest_.remove_prefix(1);
      } else if (!append_escaped(text)) {
        return std::nullopt;
      }
    }
    return text;
  }

  bool append_escaped(std::string& text) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const std::size_t letter = rest_.size() < 2 ? letters.npos : letters.find(rest_[1]);
    if (letter != letters.npos) {
      text += meanings[letter];
      rest_.remove_prefix(2);
      return true;
    }
    auto point = unit();
    if (!point || (*point >= 0xdc00 && *point < 0xe000)) return false;
    if (*point >= 0xd800 && *point < 0xdc00) {
      const auto low = unit();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    }
    append_utf8(text, *point);
    return true;
  }

  /// \uXXXX: a code unit of UTF-16.
  std::optional<char32_t> unit() {
    if (!take("\\u") || rest_.size() < 4) return std::nullopt;
    char32_t value = 0;
    for (const char c : rest_.substr(0, 4)) {
      constexpr std::string_view digits = "0123456789abcdef";
      const std::size_t digit = digits.find(c);
      if (digit == digits.npos) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(digit);
    }
    rest_.remove_prefix(4);
    return value;
  }

  static void append_utf8(std::string& text, char32_t point) {
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += static_cast<char>(0xc0 | (point >> 6));
      tail(0);
    } else if (point < 0x10000) {
      text += static_cast<char>(0xe0 | (point >> 12));
      tail(6), tail(0);
    } else {
      text += static_cast<char>(0xf0 | (point >> 18));
      tail(12), tail(6), tail(0);
    }
  }

  std::string_view rest_;
};
