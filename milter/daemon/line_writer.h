// Lines to a descriptor that may be slow, full or stuck: a log must never hold up mail (DESIGN 2.4).
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace shorthop {

/// Writes to a file, pipe, terminal or socket whose flags it leaves as they are (standard error is shared with others).
/// When the reader does not keep up it waits, but not long, and after the first loss not at all until the reader is
/// back. Not for several threads at once.
class LineWriter {
 public:
  static constexpr std::chrono::milliseconds default_patience{100};

  explicit LineWriter(int descriptor, std::chrono::milliseconds patience = default_patience);

  /// Whether the text (whole lines) has gone out. A text that was cut short counts as lost; the next one begins on a
  /// line of its own.
  bool write(std::string_view text);

 private:
  enum class Kind : std::uint8_t { file, stream, socket };

  bool write_all(std::string_view text);
  bool wait_until_writable();
  bool write_some(std::string_view& rest);

  int descriptor_;
  std::chrono::milliseconds patience_;
  Kind kind_;
  bool is_stuck_ = false;
  bool is_torn_ = false;
};

}  // namespace shorthop
