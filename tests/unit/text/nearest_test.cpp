// Domains that are one typing mistake away from a known one.
#include "text/nearest.h"
#include "support/catch.h"

using shorthop::similar_domain;

TEST_CASE("a domain is similar to a known one if a letter is missing, wrong, added or swapped", "[text]") {
  const std::vector<std::string> known = {"example.com", "a.de"};
  for (const std::string slip : {"exampl.com", "xample.com", "example.co", "examqle.com", "example.con", "exxample.com",
                                 "example.comm", "exmaple.com", "example.ocm"}) {
    CAPTURE(slip);
    CHECK(similar_domain(slip, known) == "example.com");
  }
}

TEST_CASE("a known domain, a domain with two mistakes and a short domain have no similar domain", "[text]") {
  const std::vector<std::string> known = {"example.com", "example.co", "a.de"};
  for (const std::string other : {"example.com", "example.co", "exmpla.com", "example.org", "b.de", "", "com"}) {
    CAPTURE(other);
    CHECK(similar_domain(other, known).empty());
  }
}
