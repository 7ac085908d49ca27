// Joins the physical lines of a text table into logical lines; comments and blank lines are dropped. Not here: what a
// line means (line_formats.h).
// Source: postmap(1), "TABLE FORMAT"; Postfix util/readlline.c; Sendmail's aliases(5) and makemap(8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shorthop {

/// The program whose rules apply.
enum class LineStyle : std::uint8_t {
  postfix,  ///< white space continues a line, comments and blank lines in between do not end it
  aliases,  ///< Sendmail's newaliases: white space or a backslash continues any line, even a comment or a blank line
  makemap,  ///< Sendmail's makemap: no continuation lines
};

struct LogicalLine {
  /// Without newlines; white space at the ends is kept. Text that starts with white space is an error, because there is
  /// no line to continue. In LineStyle::postfix, only the first line of a file can start with white space. Points into
  /// the input or, for joined lines, into the iterator.
  std::string_view text;
  std::uint32_t number = 0;  ///< number of the first physical line, from 1
  std::size_t offset = 0;    ///< position of the first physical line in the text

  /// Whether the line starts with white space, but has no line to continue.
  bool is_stray_continuation() const;
};

/// What is wrong with a stray continuation line.
constexpr const char* stray_continuation_error = "the line starts with white space, and there is no line to continue";

/// Iterates over the logical lines of a text. The text must outlive the iterator. A missing final newline is not an
/// error.
class LogicalLines {
 public:
  explicit LogicalLines(std::string_view text, LineStyle style = LineStyle::postfix) : text_(text), style_(style) {}
  /// Starts at the beginning of a logical line, so that an index can read it again.
  LogicalLines(std::string_view text, std::size_t offset, std::uint32_t number, LineStyle style = LineStyle::postfix)
      : text_(text), style_(style), offset_(offset), number_(number) {}

  /// The next logical line; false at the end. Invalidates the previous line.
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
