#include "text/number.h"

#include <cstdint>

#include "support/catch.h"

using shorthop::to_number;

TEST_CASE("only a text that is a number as a whole, and fits, is a number", "[text][number]") {
  CHECK(to_number<std::uint16_t>("65535") == 65535);
  CHECK(to_number<std::int64_t>("-1") == -1);
  CHECK(to_number<std::uint32_t>("0750", 8) == 0750);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1x", "0x1", "65536"}) {
    CAPTURE(text);
    CHECK_FALSE(to_number<std::uint16_t>(text));
  }
}
