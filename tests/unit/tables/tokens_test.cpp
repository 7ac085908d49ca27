// Tokens of address lists: RFC 822 with the additions of Postfix's global/tok822_parse.c.
#include "tables/text/tokens.h"

#include "support/table_texts.h"

namespace shorthop::test {
namespace {

/// The tokens in internal form, "op < | atom ann | quoted a b"; an unclosed one ends in "...".
std::string tokens_of(std::string_view text) {
  constexpr const char* kinds[] = {"op", "atom", "quoted", "literal", "comment"};
  std::string result;
  Tokens tokens(text);
  for (Token token; tokens.next(token);) {
    if (!result.empty()) result += " | ";
    result += std::string(kinds[static_cast<std::size_t>(token.kind)]) + ' ' + token.internal();
    if (!token.closed) result += "...";
  }
  return result;
}

TEST_CASE("RFC 822, 3.3: atoms, specials and quoted strings", "[tables][tokens]") {
  CHECK(tokens_of("ann.b@c") == "atom ann | op . | atom b | op @ | atom c");
  CHECK(tokens_of("\"a \\\"b\"@[1.2.3.4]") == "quoted a \"b | op @ | literal [1.2.3.4]");
  CHECK(tokens_of("a (b (c) d) e") == "atom a | comment (b (c) d) | atom e");
  CHECK(tokens_of("  ") == "");
}

TEST_CASE("tok822_parse.c: '%', '!' and '|' are operators too", "[tables][tokens]") {
  CHECK(tokens_of("|cmd a%b!c") == "op | | atom cmd | atom a | op % | atom b | op ! | atom c");
}

TEST_CASE("tok822_parse.c: a backslash adds the next character to the atom", "[tables][tokens]") {
  CHECK(tokens_of("\\ann a\\ b a\\@c") == "atom ann | atom a b | atom a@c");
}

TEST_CASE("tok822_parse.c: vertical tab and form feed are part of an atom", "[tables][tokens]") {
  CHECK(tokens_of("a\vb\fc") == "atom a\vb\fc");
}

TEST_CASE("tok822_parse.c: an unclosed token extends to the end", "[tables][tokens]") {
  CHECK(tokens_of("\"a, b") == "quoted a, b...");
  CHECK(tokens_of("(a, b") == "comment (a, b...");
  CHECK(tokens_of("[a, b") == "literal [a, b...");
  CHECK(tokens_of("\"a\\\"") == "quoted a\"...");
  CHECK(tokens_of("(a\\)") == "comment (a\\)...");
  CHECK(tokens_of("a\\") == "atom a...");
  CHECK(tokens_of("\"") == "quoted ...");
}

TEST_CASE("tokens: every byte of a random text is part of one token or white space", "[tables][tokens]") {
  RandomText random(2);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random.of("ab @,.:;<>()[]\"\\|%!\t\r\n", 30);
    Tokens tokens(text);
    std::size_t end = 0;
    for (Token token; tokens.next(token);) {
      const auto begin = static_cast<std::size_t>(token.raw.data() - text.data());
      REQUIRE_FALSE(token.raw.empty());
      REQUIRE(begin >= end);
      REQUIRE(without_separators(std::string_view(text).substr(end, begin - end)).empty());
      end = begin + token.raw.size();
      REQUIRE(tokens.rest().size() == text.size() - end);
    }
    REQUIRE(without_separators(std::string_view(text).substr(end)).empty());
  }
}

}  // namespace
}  // namespace shorthop::test
