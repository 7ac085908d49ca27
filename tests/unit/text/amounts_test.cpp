#include "text/amounts.h"

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("counted(): the singular is used for one only", "[text][amounts]") {
  CHECK(counted(1, "entry", "entries") == "1 entry");
  CHECK(counted(0U, "entry", "entries") == "0 entries");
  CHECK(counted(2U, "entry", "entries") == "2 entries");
}

TEST_CASE("a duration is in the largest unit of which there are at least four", "[text][amounts]") {
  using namespace std::chrono;
  CHECK(duration_text(days(4)) == "4 days");
  CHECK(duration_text(days(4) - seconds(1)) == "95 hours");
  CHECK(duration_text(minutes(239)) == "239 minutes");
  CHECK(duration_text(seconds(239)) == "239 seconds");
  CHECK(duration_text(seconds(1)) == "1 second");
  CHECK(duration_text(seconds(-5)) == "-5 seconds");
}
