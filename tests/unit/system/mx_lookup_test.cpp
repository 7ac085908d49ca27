// Answers of the DNS as bytes (RFC 1035, 4.1): MX records, and what cannot be read.
#include "system/mx_lookup.h"

#include <string_view>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::string_view_literals;

/// An answer to "example.org MX" with so many records, one digit, and their bytes.
MxAnswer answer(char count, std::string_view records) {
  std::string bytes("\0\7\x81\x80\0\1\0"sv);
  bytes += count;
  bytes.append("\0\0\0\0\7example\3org\0\0\x0f\0\1"sv).append(records);
  return mx_records_in({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

constexpr std::string_view owner = "\xc0\x0c\0\x0f\0\1\0\0\0\x3c"sv;  // of a record: example.org MX IN, 60 s

std::string record(std::string_view length_and_data) { return std::string(owner).append(length_and_data); }

TEST_CASE("RFC 1035, 3.3.9: MX records are sorted, folded, and without the final dot", "[load][dns]") {
  const auto found = answer(2, record("\0\x09\0\x14\4BACK\xc0\x0c"sv) + record("\0\x09\0\x0a\4mail\xc0\x0c"sv));
  REQUIRE(found);
  CHECK(*found == std::vector<MxRecord>{{10, "mail.example.org"}, {20, "back.example.org"}});
}

TEST_CASE("RFC 7505: the null MX has an empty host", "[load][dns]") {
  CHECK(answer(1, record("\0\3\0\0\0"sv)) == std::vector<MxRecord>{{0, ""}});
}

TEST_CASE("an answer that is cut, or whose name is not its record's data, cannot be read", "[load][dns]") {
  const std::string good = record("\0\x09\0\x0a\4mail\xc0\x0c"sv);
  CHECK(answer(1, good));
  CHECK_FALSE(answer(2, good));
  CHECK_FALSE(answer(1, good.substr(0, good.size() - 1)));
  CHECK_FALSE(answer(1, record("\0\4\0\x0a\4mail\xc0\x0c"sv)));        // the name goes beyond the data
  CHECK_FALSE(answer(1, record("\0\x0b\0\x0a\4mail\xc0\x0c\0\0"sv)));  // something stands behind the name
  CHECK_FALSE(answer(1, record("\0\4\0\x0a\xc0\x2b"sv)));              // the name points at itself
}

}  // namespace
}  // namespace shorthop::test
