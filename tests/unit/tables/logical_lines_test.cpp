// Logical lines: postmap(1), "TABLE FORMAT", and Postfix util/readlline.c.
#include "tables/text/logical_lines.h"

#include <algorithm>
#include <string>

#include "support/table_texts.h"

namespace shorthop::test {
namespace {

/// The logical lines as "number@offset:text|", with \r made visible.
std::string lines_of(std::string_view text) {
  std::string result;
  LogicalLines lines(text);
  for (LogicalLine line; lines.next(line);) {
    result += std::to_string(line.number) + '@' + std::to_string(line.offset) + ':' + std::string(line.text) + '|';
  }
  return result;
}

TEST_CASE("postmap(1): empty lines, lines of white space and comments are ignored", "[tables][logical_lines]") {
  CHECK(lines_of("") == "");
  CHECK(lines_of("\n\n") == "");
  CHECK(lines_of("# a\n#b") == "");
  CHECK(lines_of(" \t \n\r\n\v\f\n") == "");
  CHECK(lines_of("\n# c\n\na b\n") == "4@6:a b|");
}

TEST_CASE("readlline.c: a '#' after white space begins a comment line too", "[tables][logical_lines]") {
  CHECK(lines_of("  # c\na b\n") == "2@6:a b|");
  CHECK(lines_of("a b\n  # c\n  d\n") == "1@0:a b  d|");
}

TEST_CASE("postmap(1): a line that starts with white space continues a logical line", "[tables][logical_lines]") {
  CHECK(lines_of("a b,\n  c,\n\td\ne f\n") == "1@0:a b,  c,\td|4@13:e f|");
}

TEST_CASE("readlline.c: comments and empty lines do not end a logical line", "[tables][logical_lines]") {
  CHECK(lines_of("a b,\n# c\n\n  d\n") == "1@0:a b,  d|");
  CHECK(lines_of("a b\n\n\nc d\n") == "1@0:a b|4@6:c d|");
  CHECK(lines_of("a b\n# x\nc d") == "1@0:a b|3@8:c d|");
}

TEST_CASE("readlline.c: a '#' inside a line does not begin a comment", "[tables][logical_lines]") {
  CHECK(lines_of("a b # c\n") == "1@0:a b # c|");
}

TEST_CASE("readlline.c: the final newline may be missing", "[tables][logical_lines]") {
  CHECK(lines_of("a b") == "1@0:a b|");
  CHECK(lines_of("a b\n c") == "1@0:a b c|");
  CHECK(lines_of("a b\n ") == "1@0:a b|");
}

TEST_CASE("readlline.c: the number of a logical line is the number of its first physical line with text",
          "[tables][logical_lines]") {
  CHECK(lines_of("#\n#\na\n b\n#\nc\n") == "3@4:a b|6@11:c|");
}

TEST_CASE("readlline.c: a carriage return stays in the line, for the parser of the format", "[tables][logical_lines]") {
  CHECK(lines_of("a b\r\n c\r\nd e\r\n") == "1@0:a b\r c\r|3@9:d e\r|");
  CHECK(lines_of("a b\r\n\r\nc d\r\n") == "1@0:a b\r|3@7:c d\r|");
}

TEST_CASE("readlline.c: the first line must not start with white space", "[tables][logical_lines]") {
  LogicalLines lines("# c\n  a b\n d\ne f\n");
  LogicalLine line;
  REQUIRE(lines.next(line));
  CHECK(line.is_stray_continuation());
  CHECK(line.number == 2);
  CHECK(line.text == "  a b d");
  REQUIRE(lines.next(line));
  CHECK_FALSE(line.is_stray_continuation());
}

TEST_CASE("logical lines: a line can be read again from its offset", "[tables][logical_lines]") {
  const std::string text = "#x\na b,\n# c\n  d\n\ne f\n";
  LogicalLines all(text);
  for (LogicalLine line; all.next(line);) {
    LogicalLines from(text, line.offset, line.number);
    LogicalLine again;
    REQUIRE(from.next(again));
    CHECK(again.text == line.text);
    CHECK(again.number == line.number);
  }
}

/// The rules of readlline.c implemented a second time, for comparison.
std::string lines_by_readlline(const std::string& text) {
  std::string result;
  std::string buffer;
  std::size_t i = 0;
  unsigned line = 0;
  unsigned first = 0;
  const auto flush = [&] {
    if (!buffer.empty()) result += std::to_string(first) + ':' + buffer + '|';
    buffer.clear();
  };
  while (i < text.size()) {
    const std::size_t end = std::min(text.find('\n', i), text.size());
    const std::string physical = text.substr(i, end - i);
    i = end + 1;
    ++line;
    const auto first_visible = std::ranges::find_if_not(physical, is_space);
    if (first_visible != physical.end() && *first_visible != '#') {
      if (buffer.empty()) first = line;
      buffer += physical;
    }
    const bool at_end = i >= text.size();
    if (at_end || (!buffer.empty() && text[i] != '#' && !is_space(text[i]))) flush();
  }
  flush();
  return result;
}

TEST_CASE("readlline.c: random texts give the lines that its rules define", "[tables][logical_lines]") {
  RandomText random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random.of("ab# \t\r\n\n", 40);
    std::string ours;
    LogicalLines lines(text);
    for (LogicalLine line; lines.next(line);) ours += std::to_string(line.number) + ':' + std::string(line.text) + '|';
    INFO("text: " << text);
    REQUIRE(ours == lines_by_readlline(text));
  }
}

}  // namespace
}  // namespace shorthop::test
