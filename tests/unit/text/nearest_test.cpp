// Domains that are one typing mistake away from a known one.
#include "text/nearest.h"
#include "support/catch.h"

using shorthop::similar_domain;

TEST_CASE("one letter missing, wrong, added or swapped", "[text]") {
  const std::vector<std::string> known = {"example.com", "a.de"};
  for (const std::string slip : {"exampl.com", "xample.com", "example.co", "examqle.com", "example.con", "exxample.com",
                                 "example.comm", "exmaple.com", "example.ocm"}) {
    CAPTURE(slip);
    CHECK(similar_domain(slip, known) == "example.com");
  }
}

TEST_CASE("a known domain, one with two mistakes, and a short one have no similar domain", "[text]") {
  const std::vector<std::string> known = {"example.com", "example.co", "a.de"};
  for (const std::string other : {"example.com", "example.co", "exmpla.com", "example.org", "b.de", "", "com"}) {
    CAPTURE(other);
    CHECK(similar_domain(other, known).empty());
  }
}
