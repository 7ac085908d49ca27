// The keys that a text for postmap(1) can have.
#include "tool/mirror/table_key.h"
#include "support/catch.h"

using namespace shorthop;
using namespace shorthop::tool;

namespace {

std::string key_of(const std::string& text) {
  const auto key = TableKey::of(Address::parse(text).value());
  return key ? key->text() : "none";
}

}  // namespace

TEST_CASE("postmap(1): '#' begins a comment, white space ends a key", "[tool][tables]") {
  CHECK(key_of("Sales+Far@Example.org") == "sales+far@example.org");
  CHECK(key_of("a#b@example.org") == "a#b@example.org");
  CHECK(key_of("#odd@example.org") == "none");
  CHECK(key_of("\"a b\"@example.org") == "none");
  CHECK(key_of("\"a@b\"@example.org") == "none");
  CHECK(key_of("jörg@example.org") == "none");
}

TEST_CASE("the key of a domain has the spelling of the domain", "[tool][tables]") {
  CHECK(TableKey::of_domain("example.org").value().text() == "@example.org");
  CHECK(TableKey::of_domain("bücher.example").value().text() == "@bücher.example");
  CHECK_FALSE(TableKey::of_domain("no domain"));
  CHECK_FALSE(TableKey::of_domain(""));
}
