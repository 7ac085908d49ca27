#include "text/lines.h"

#include "support/catch.h"

using shorthop::lines_of;

using Lines = std::vector<std::string_view>;

TEST_CASE("the last line of a text may lack its line end", "[text][lines]") {
  CHECK(lines_of("a\nb\n") == Lines{"a", "b"});
  CHECK(lines_of("a\nb") == Lines{"a", "b"});
  CHECK(lines_of("").empty());
}

TEST_CASE("empty lines count, and a carriage return is part of its line", "[text][lines]") {
  CHECK(lines_of("\n") == Lines{""});
  CHECK(lines_of("\n\na\r\n\n") == Lines{"", "", "a\r", ""});
}
