// The input of a fuzz target, as one text or as several parts, one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// All of the input.
inline std::string_view text_in(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Reads an input part by part. Beyond its end, bytes are 0 and texts empty.
class Input {
 public:
  Input(const unsigned char* data, std::size_t size) : rest_(text_in(data, size)) {}

  /// The next byte.
  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  /// The next text: a byte with its length, then that many bytes of any kind.
  std::string_view text() {
    const std::size_t size = byte();
    return take(size);
  }

  /// The next line, without its end.
  std::string_view line() {
    const std::string_view line = take(std::min(rest_.find('\n'), rest_.size()));
    byte();
    return line;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(part.size());
    return part;
  }

  std::string_view rest_;
};
