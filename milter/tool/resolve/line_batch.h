// Lines that wait for their answers. They are stored as copies, because LineInput reuses its buffer for the next line.
#pragma once

#include <string>
#include <vector>

#include "tool/resolve/line_input.h"

namespace shorthop::tool {

class LineBatch {
 public:
  void add(const LineInput::Line& line) {
    spans_.push_back({text_.size(), line.text.size(), line.is_whole});
    text_ += line.text;
  }
  void clear() {
    spans_.clear();
    text_.clear();
  }

  std::size_t size() const { return spans_.size(); }
  /// Batch size: large enough to parallelise, small enough to bound memory.
  bool is_full() const { return spans_.size() >= 1024 || text_.size() >= 256 * std::size_t{1024}; }
  LineInput::Line operator[](std::size_t index) const {
    const Span& span = spans_[index];
    return {std::string_view(text_).substr(span.offset, span.length), span.is_whole};
  }

 private:
  struct Span {
    std::size_t offset;
    std::size_t length;
    bool is_whole;
  };

  std::string text_;
  std::vector<Span> spans_;
};

}  // namespace shorthop::tool
