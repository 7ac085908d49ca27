// Folding, white space and printable text.
#include <map>
#include <string>

#include "support/catch.h"
#include "text/ascii.h"

namespace shorthop::test {
namespace {

TEST_CASE("folding is for ASCII only, whatever the locale", "[text][ascii]") {
  CHECK(folded("AbZ[`{@\xc4") == "abz[`{@\xc4");
  CHECK(equal_folded("aBc", "AbC"));
  CHECK_FALSE(equal_folded("abc", "abcd"));
  CHECK_FALSE(equal_folded("[", "{"));
  CHECK(starts_with_folded("OWNER-list", "owner-"));
  CHECK_FALSE(starts_with_folded("owner", "owner-"));
}

TEST_CASE("isspace(3) in the C locale: six characters", "[text][ascii]") {
  int count = 0;
  for (int byte = 0; byte < 256; ++byte) count += is_space(static_cast<char>(byte));
  CHECK(count == 6);
  CHECK(trimmed(" \t\v\f\r\na b\n ") == "a b");
  CHECK(trimmed(" \n ") == "");
  CHECK(trimmed("") == "");
}

TEST_CASE("printable: no byte of the input can break a log line", "[text][ascii]") {
  CHECK(printable("ann@example.com") == "ann@example.com");
  CHECK(printable("a\r\nb\x1b\x7f\xff\\") == "a\\x0d\\x0ab\\x1b\\x7f\\xff\\\\");
  CHECK(printable(std::string("\0", 1)) == "\\x00");
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable(std::string(10'000, 'a')).size() == 323);
}

TEST_CASE("one_line: foreign text adds no line and no escape sequence, and output of printable() does not change",
          "[text][ascii]") {
  CHECK(one_line("/etc/a\n\x1b[2J\xc3\xbc") == "/etc/a\\x0a\\x1b[2J\\xc3\\xbc");
  CHECK(one_line("a\\x1b\\b") == "a\\x1b\\b");
  CHECK(one_line("abcdef", 3) == "abc...");
}

TEST_CASE("append_lines: like one_line, but line ends and tabs are kept", "[text][ascii]") {
  std::string out = "> ";
  append_lines(out, "a\n\tb\r\x1b]0;t\x07\xc2\x9b\n");
  CHECK(out == "> a\n\tb\\x0d\\x1b]0;t\\x07\\xc2\\x9b\n");
}

TEST_CASE("one_line escapes exactly the bytes that are not printable, wherever they are", "[text][ascii]") {
  const std::map<char, std::string> shown = {{'\0', "\\x00"},   {'\x1f', "\\x1f"}, {' ', " "},        {'~', "~"},
                                             {'\x7f', "\\x7f"}, {'\x80', "\\x80"}, {'\xff', "\\xff"}, {'\\', "\\"}};
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const auto& [byte, expected] : shown) {
        std::string text(size, 'x');
        text[at] = byte;
        INFO(size << " bytes, " << expected << " at " << at);
        CHECK(one_line(text) == std::string(at, 'x') + expected + std::string(size - at - 1, 'x'));
        CHECK(is_one_line(text, size) == (expected.size() == 1));
      }
    }
  }
  CHECK_FALSE(is_one_line("abc", 2));
}

}  // namespace
}  // namespace shorthop::test
