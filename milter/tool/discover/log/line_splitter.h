// Cuts blocks of bytes into lines, in bounded memory. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "text/lines.h"

namespace shorthop::tool {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line) : max_line_(max_line) {}

  /// Calls `use(line, is_whole)` for each line that ends in this block, without its end (LF, or CR LF). Only the
  /// beginning of a line longer than the limit is kept.
  template <class Use>
  void add(std::string_view block, Use use) {
    while (!block.empty()) {
      const std::size_t end = block.find('\n');
      const std::string_view part = block.substr(0, end);
      if (end == std::string_view::npos) {
        keep(part);
        return;
      }
      if (is_empty_) {
        use(without_cr(part.substr(0, max_line_)), part.size() <= max_line_);
      } else {
        keep(part);
        flush(use);
      }
      block.remove_prefix(end + 1);
    }
  }

  /// Calls `use` with the last line if it has no line end.
  template <class Use>
  void finish(Use use) {
    if (!is_empty_) flush(use);
  }

 private:
  template <class Use>
  void flush(Use& use) {
    use(without_cr(kept_), !is_cut_);
    kept_.clear();
    is_cut_ = false;
    is_empty_ = true;
  }

  void keep(std::string_view part) {
    is_empty_ = false;
    const std::size_t room = max_line_ - kept_.size();
    if (part.size() > room) is_cut_ = true;
    kept_.append(part.substr(0, room));
  }

  std::size_t max_line_;
  std::string kept_;
  bool is_cut_ = false;
  bool is_empty_ = true;
};

}  // namespace shorthop::tool
