// Non-ASCII domains: RFC 5890, RFC 5891.
#include "mail/international.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

TEST_CASE("RFC 5890, 2.3.2.1: a U-label and its A-label are two spellings of one key", "[mail][international]") {
  CHECK(to_a_labels("Bücher.Example") == "xn--bcher-kva.example");
  CHECK(to_a_labels("XN--Bcher-KVA.example") == "xn--bcher-kva.example");
  CHECK(with_u_labels("xn--bcher-kva.example") == "bücher.example");
  CHECK(with_u_labels("example.org") == "example.org");
}

TEST_CASE("RFC 5891, 5.4: an A-label that does not convert back has no second spelling", "[mail][international]") {
  for (const char* key : {"xn--bcher-er-kva.exle", "xn--99999999.example"}) {
    CAPTURE(key);
    CHECK(to_a_labels(key) == key);
    CHECK(with_u_labels(key) == key);
  }
}

}  // namespace
}  // namespace shorthop::test
