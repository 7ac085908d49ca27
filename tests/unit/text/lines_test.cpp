#include "text/lines.h"

#include "support/catch.h"

using shorthop::lines_of;

using Lines = std::vector<std::string_view>;

TEST_CASE("a text is its lines, with or without an end of the last", "[text][lines]") {
  CHECK(lines_of("a\nb\n") == Lines{"a", "b"});
  CHECK(lines_of("a\nb") == Lines{"a", "b"});
  CHECK(lines_of("").empty());
}

TEST_CASE("empty lines are lines, and a carriage return is a part of one", "[text][lines]") {
  CHECK(lines_of("\n") == Lines{""});
  CHECK(lines_of("\n\na\r\n\n") == Lines{"", "", "a\r", ""});
}
