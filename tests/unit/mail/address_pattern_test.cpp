#include "mail/address_pattern.h"

#include <string>

#include "support/catch.h"

namespace shorthop::test {
namespace {

bool is_match(const std::string& written, const std::string& address) {
  const auto pattern = address_pattern(written);
  REQUIRE(pattern);
  return matches(*pattern, *Address::parse(address));
}

}  // namespace

TEST_CASE("address patterns: an address, a domain, or wildcards over either", "[mail][pattern]") {
  CHECK(is_match("Ann@Example.org", "ann@EXAMPLE.org"));
  CHECK_FALSE(is_match("ann@example.org", "ann@sub.example.org"));
  CHECK(is_match("Example.org", "ann@example.ORG"));
  CHECK_FALSE(is_match("example.org", "ann@sub.example.org"));
  CHECK(is_match("*.example.org", "ann@sub.example.org"));
  CHECK(is_match("list-*@example.org", "list-a@example.org"));
  CHECK_FALSE(is_match("list-*@example.org", "list-a@example.net"));
}

TEST_CASE("address patterns: U-labels and A-labels are two spellings of one domain", "[mail][pattern]") {
  const std::string domains[] = {"bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--Bcher-KVA.example"};
  for (const std::string& in_pattern : domains) {
    for (const std::string& in_address : domains) {
      CAPTURE(in_pattern, in_address);
      CHECK(is_match(in_pattern, "ann@" + in_address));
      CHECK(is_match("Ann@" + in_pattern, "ann@" + in_address));
      CHECK(is_match("\"a b\"@" + in_pattern, "\"a b\"@" + in_address));
      CHECK(is_match("a*@" + in_pattern, "ann@" + in_address));
      CHECK(is_match("*." + in_pattern, "ann@sub." + in_address));
      CHECK(is_match("*@*." + in_pattern, "ann@münchen." + in_address));
      CHECK_FALSE(is_match(in_pattern, "ann@sub." + in_address));
      CHECK_FALSE(is_match("bob@" + in_pattern, "ann@" + in_address));
      CHECK_FALSE(is_match("b*@" + in_pattern, "ann@" + in_address));
    }
  }
}

TEST_CASE("address patterns: a label with wildcards may match either spelling of a label", "[mail][pattern]") {
  for (const char* address : {"ann@bücher.münchen.example", "ann@xn--bcher-kva.xn--mnchen-3ya.example"}) {
    CAPTURE(address);
    CHECK(is_match("BÜ*.münchen.example", address));
    CHECK(is_match("ann@bü*.xn--mnchen-3ya.example", address));
    CHECK(is_match("xn--*.münchen.example", address));
    CHECK(is_match("*@xn--b*.example", address));
    CHECK_FALSE(is_match("bü*.example.org", address));
  }
}

TEST_CASE("address patterns: a domain is converted before it is folded", "[mail][pattern]") {
  CHECK(is_match("straße.example", "ann@straße.example"));
  CHECK_FALSE(is_match("straße.example", "ann@strasse.example"));
  CHECK_FALSE(is_match("ann@strasse.example", "ann@straße.example"));
}

}  // namespace shorthop::test
