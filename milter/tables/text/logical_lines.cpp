#include "tables/text/logical_lines.h"

#include <algorithm>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// Postfix also treats a '#' after white space as a comment.
bool is_blank_or_comment(std::string_view physical_line) {
  const auto first = std::ranges::find_if_not(physical_line, is_space);
  return first == physical_line.end() || *first == '#';
}

}  // namespace

bool LogicalLine::is_stray_continuation() const { return !text.empty() && is_space(text.front()); }

bool LogicalLines::next(LogicalLine& line) {
  return style_ == LineStyle::postfix ? next_of_postfix(line) : next_of_sendmail(line);
}

/// Lines that continue a comment or a blank line belong to it.
bool LogicalLines::next_of_sendmail(LogicalLine& line) {
  do {
    if (offset_ >= text_.size()) return false;
    line.offset = offset_;
    line.number = number_;
    line.text = take_physical_line();
    if (style_ == LineStyle::aliases) join_as_newaliases(line);
  } while (line.text.empty() || line.text.front() == '#');
  return true;
}

void LogicalLines::join_as_newaliases(LogicalLine& line) {
  const auto at_space = [this] { return offset_ < text_.size() && (text_[offset_] == ' ' || text_[offset_] == '\t'); };
  bool joined = false;
  while (offset_ < text_.size() && (line.text.ends_with('\\') || at_space())) {
    if (!joined) joined_ = line.text;
    joined = true;
    if (joined_.ends_with('\\')) joined_.pop_back();
    joined_ += take_physical_line();
    line.text = joined_;
  }
}

bool LogicalLines::next_of_postfix(LogicalLine& line) {
  // Comments and blank lines before the first line with text are skipped, even if they start with white space.
  do {
    if (offset_ >= text_.size()) return false;
    line.offset = offset_;
    line.number = number_;
    line.text = take_physical_line();
  } while (is_blank_or_comment(line.text));

  bool joined = false;
  while (at_continuation()) {
    const std::string_view more = take_physical_line();
    if (is_blank_or_comment(more)) continue;  // a comment between two lines does not end the logical line
    if (!joined) joined_ = line.text;
    joined = true;
    joined_ += more;
  }
  if (joined) line.text = joined_;
  return true;
}

std::string_view LogicalLines::take_physical_line() {
  const std::string_view rest = text_.substr(offset_);
  const std::size_t length = std::min(rest.find('\n'), rest.size());
  offset_ = std::min(offset_ + length + 1, text_.size());
  ++number_;
  return rest.substr(0, length);
}

bool LogicalLines::at_continuation() const {
  if (offset_ >= text_.size()) return false;
  const char first = text_[offset_];
  return first == '#' || is_space(first);  // an empty line too: '\n' is white space
}

}  // namespace shorthop
