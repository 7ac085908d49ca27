// A JSON object whose fields stand in the order in which they were added: the order is a contract.
#pragma once

#include <string>
#include <string_view>

#include "text/json.h"

namespace shorthop {

class JsonObject {
 public:
  JsonObject& text(std::string_view field, std::string_view value) {
    begin(field);
    append_json_string(json_, value);
    return *this;
  }
  /// A value that is JSON already: a number, null, an array.
  JsonObject& raw(std::string_view field, std::string_view value) {
    begin(field);
    json_ += value;
    return *this;
  }
  JsonObject& number(std::string_view field, std::size_t value) { return raw(field, std::to_string(value)); }

  std::string str() const { return "{" + json_ + "}"; }

 private:
  void begin(std::string_view field) {
    if (!json_.empty()) json_ += ',';
    append_json_string(json_, field);
    json_ += ':';
  }

  std::string json_;
};

}  // namespace shorthop
