#include "text/origin.h"

#include "support/catch.h"

using shorthop::Origin;

TEST_CASE("an origin is a file and a line, or the whole file", "[text][origin]") {
  CHECK(Origin{"/etc/aliases", 12}.text() == "/etc/aliases:12");
  CHECK(Origin{"/etc/aliases", 0}.text() == "/etc/aliases");
  CHECK(Origin{}.text().empty());
}

TEST_CASE("origins are ordered by file, then by line", "[text][origin]") {
  CHECK(Origin{"a", 2} < Origin{"a", 10});
  CHECK(Origin{"a", 10} < Origin{"b", 2});
  CHECK(Origin{"a", 2} == Origin{"a", 2});
}
