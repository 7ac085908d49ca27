// Writes JSON (RFC 8259). Fields keep the order in which they are added, because that order is a contract.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace shorthop {

/// Appends the text as a JSON string with quotes. Bytes that are not valid UTF-8 are escaped as U+00HH, so any input
/// gives valid JSON.
void append_json_string(std::string& out, std::string_view text);

class JsonObject {
 public:
  /// `usual_size`: the number of bytes to reserve.
  explicit JsonObject(std::size_t usual_size = 0) {
    json_.reserve(usual_size);
    json_ = '{';
  }

  JsonObject& text(std::string_view field, std::string_view value);
  JsonObject& number(std::string_view field, std::uint64_t value);
  /// Seconds with up to three decimals: 3, 0.16.
  JsonObject& seconds(std::string_view field, std::chrono::milliseconds time);
  JsonObject& boolean(std::string_view field, bool value);
  JsonObject& null(std::string_view field);

  /// A nested object: `add(JsonObject&)` adds its fields.
  template <class Add>
  JsonObject& object(std::string_view field, Add add) {
    begin_field(field);
    json_ += '{';
    add(*this);
    json_ += '}';
    return *this;
  }
  /// An array of strings: `text_of(item)` gives each.
  template <class Items, class TextOf>
  JsonObject& texts(std::string_view field, const Items& items, TextOf text_of) {
    begin_array(field);
    for (const auto& item : items) {
      begin_item();
      append_json_string(json_, std::invoke(text_of, item));
    }
    json_ += ']';
    return *this;
  }
  template <class Items>
  JsonObject& texts(std::string_view field, const Items& items) {
    return texts(field, items, [](const auto& item) -> std::string_view { return item; });
  }
  /// An array of objects: `add(JsonObject&, item)` adds the fields of each.
  template <class Items, class Add>
  JsonObject& objects(std::string_view field, const Items& items, Add add) {
    begin_array(field);
    for (const auto& item : items) {
      begin_item();
      json_ += '{';
      add(*this, item);
      json_ += '}';
    }
    json_ += ']';
    return *this;
  }

  /// The object as one line, without a line end. Nothing may be added after this call.
  std::string str();

 private:
  void begin_field(std::string_view field);
  void begin_array(std::string_view field) {
    begin_field(field);
    json_ += '[';
  }
  void begin_item() {
    if (!json_.ends_with('[')) json_ += ',';
  }

  std::string json_;
};

}  // namespace shorthop
