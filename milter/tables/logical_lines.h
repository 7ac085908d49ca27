// The logical lines of a text table: comments and blank lines dropped, continuation lines joined.
// Not here: what a line means (aliases5.h, virtual5.h). Source: postmap(1), "TABLE FORMAT"; Postfix util/readlline.c.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shorthop {

struct LogicalLine {
  /// Without newlines, white space at the ends kept. Only the first line of a file can start with white space, and is
  /// an error then. Points into the text, or into the iterator where lines were joined.
  std::string_view text;
  std::uint32_t number = 0;  ///< of its first physical line, from 1
  std::size_t offset = 0;    ///< of that physical line in the text

  bool continues_nothing() const;
};

/// Walks over the logical lines of a text that outlives it. A missing final newline is no error.
class LogicalLines {
 public:
  explicit LogicalLines(std::string_view text) : text_(text) {}
  /// From a place where a logical line starts: how an index reads a line again.
  LogicalLines(std::string_view text, std::size_t offset, std::uint32_t number)
      : text_(text), offset_(offset), number_(number) {}

  /// The next logical line; false at the end. The line before becomes invalid.
  bool next(LogicalLine& line);

 private:
  std::string_view take_physical_line();
  bool at_continuation() const;

  std::string_view text_;
  std::size_t offset_ = 0;    // of the next physical line
  std::uint32_t number_ = 1;  // its number
  std::string joined_;
};

}  // namespace shorthop
