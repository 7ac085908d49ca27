// The logical lines of a text table: comments and blank lines dropped, continuation lines joined.
// Not here: what a line means (aliases5.h, virtual5.h). Source: postmap(1), "TABLE FORMAT"; Postfix util/readlline.c;
// Sendmail's aliases(5) and makemap(8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shorthop {

/// Whose logical lines they are.
enum class LineStyle : std::uint8_t {
  postfix,  ///< white space continues a line, comments and blank lines in between do not end it
  aliases,  ///< Sendmail's newaliases: white space or a backslash continues, a comment or a blank line as well
  makemap,  ///< Sendmail's makemap: no line continues another
};

struct LogicalLine {
  /// Without newlines, white space at the ends kept. One that starts with white space is an error: it continues none.
  /// In the style of Postfix only the first line of a file can do that. Points into the text, or into the iterator
  /// where lines were joined.
  std::string_view text;
  std::uint32_t number = 0;  ///< of its first physical line, from 1
  std::size_t offset = 0;    ///< of that physical line in the text

  bool continues_nothing() const;
};

/// Walks over the logical lines of a text that outlives it. A missing final newline is no error.
class LogicalLines {
 public:
  explicit LogicalLines(std::string_view text, LineStyle style = LineStyle::postfix) : text_(text), style_(style) {}
  /// From a place where a logical line starts: how an index reads a line again.
  LogicalLines(std::string_view text, std::size_t offset, std::uint32_t number, LineStyle style = LineStyle::postfix)
      : text_(text), style_(style), offset_(offset), number_(number) {}

  /// The next logical line; false at the end. The line before becomes invalid.
  bool next(LogicalLine& line);

 private:
  bool next_of_postfix(LogicalLine& line);
  bool next_of_sendmail(LogicalLine& line);
  void join_as_newaliases(LogicalLine& line);
  std::string_view take_physical_line();
  bool at_continuation() const;

  std::string_view text_;
  LineStyle style_ = LineStyle::postfix;
  std::size_t offset_ = 0;    // of the next physical line
  std::uint32_t number_ = 1;  // its number
  std::string joined_;
};

}  // namespace shorthop
