// UTF-8: RFC 3629.
#include "text/utf8.h"

#include <string>

#include "support/catch.h"

namespace shorthop::test {
namespace {

TEST_CASE("RFC 3629, 4: well-formed sequences", "[text][utf8]") {
  for (const char* text : {"", "ann", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "J\xc3\xbcrgen"}) {
    CHECK(is_utf8(text));
  }
}

TEST_CASE("RFC 3629, 3: overlong forms, surrogates, truncated sequences and values above U+10FFFF are not UTF-8",
          "[text][utf8]") {
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82",
                           "\xf0\x90\x80", "\xc3\x28", "J\xfcrgen", "\xe2\x82\x28", "\xe2\x28\xa1"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("RFC 3629, 3: the code point that a text begins with", "[text][utf8]") {
  const auto is = [](std::string_view text, char32_t value, std::size_t length) {
    const CodePoint point = first_code_point(text);
    return point.value == value && point.length == length;
  };
  CHECK(is("ann", U'a', 1));
  CHECK(is(std::string_view("\0", 1), 0, 1));
  CHECK(is("\xc3\xbc\xff", U'\u00fc', 2));
  CHECK(is("\xed\x9f\xbf", 0xd7ff, 3));
  CHECK(is("\xf4\x8f\xbf\xbf", 0x10ffff, 4));
  for (const std::string_view text : {"", "\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80"})
    CHECK(first_code_point(text).length == 0);
}

TEST_CASE("is_ascii: no byte has its top bit set", "[text][utf8]") {
  CHECK(is_ascii("ann\x7f"));
  CHECK(is_ascii(""));
  CHECK_FALSE(is_ascii("ann\x80"));
  CHECK_FALSE(is_ascii(std::string(1000, 'a') + "\xff" + std::string(1000, 'a')));
}

}  // namespace
}  // namespace shorthop::test
