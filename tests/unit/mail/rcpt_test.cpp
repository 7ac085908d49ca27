// The argument of RCPT TO: RFC 5321, 4.1.1.3 and 4.1.2, and what Postfix accepts (smtpd.c, extract_addr).
#include "mail/rcpt.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

std::string path(std::string_view argument) {
  const auto address = parse_rcpt_path(argument);
  return address ? address->internal() : "error: " + address.error().what;
}

TEST_CASE("RFC 5321, 4.1.1.3: a path in angle brackets, or what clients send in its place", "[mail][rcpt]") {
  CHECK(path("<ann@example.com>") == "ann@example.com");
  CHECK(path("ann@example.com") == "ann@example.com");
  CHECK(path("<\"a b\"@example.com>") == "a b@example.com");
  CHECK(path("<\"a>b\"@example.com>") == "a>b@example.com");
}

TEST_CASE("RFC 5321, 4.1.2: a source route is not part of the address", "[mail][rcpt]") {
  CHECK(path("<@a.example,@b.example:ann@example.com>") == "ann@example.com");
  CHECK(path("@a.example:ann@example.com") == "ann@example.com");
  CHECK(path("<@a.example:\"x:y\"@example.com>") == "x:y@example.com");
}

TEST_CASE("FACTS, deletions: the client's text byte for byte, without a source route", "[mail][rcpt]") {
  CHECK(without_source_route("<Ann+X@Example.COM>") == "<Ann+X@Example.COM>");
  CHECK(without_source_route("<@a,@b:Ann@Example.COM>") == "<Ann@Example.COM>");
  CHECK(without_source_route("@a:ann@example.com") == "ann@example.com");
  CHECK(without_source_route("<\"a:b\"@example.com>") == "<\"a:b\"@example.com>");
  CHECK(without_source_route("<\"@a:b\"@example.com>") == "<\"@a:b\"@example.com>");
  CHECK(without_source_route("<@a>") == "<@a>");
  CHECK(without_source_route("") == "");
  CHECK(without_source_route("<") == "<");
}

TEST_CASE("FACTS, additions: a recipient that is not exactly one address is not touched", "[mail][rcpt]") {
  for (const char* argument : {"",
                               "<>",
                               "<",
                               ">",
                               "<ann@example.com",
                               "ann@example.com>",
                               "postmaster",
                               "<postmaster>",
                               "<@example.com>",
                               "<ann@example.com> <bob@example.com>",
                               "Ann <ann@example.com>",
                               "<ann@example.com>,",
                               "<<ann@example.com>>",
                               "<@a,@b ann@example.com>",
                               "<@\"a:b\":ann@example.com>",
                               "<ann@example.com\r\n>",
                               "<\"ann@example.com\">",
                               "<ann@example.com (comment)>",
                               "< ann@example.com >",
                               "<@a:@b:ann@example.com>",
                               "<:ann@example.com>"}) {
    INFO(argument);
    CHECK(path(argument).starts_with("error: "));
  }
}

TEST_CASE("RFC 5322, 4.4: each word of a local part is quoted as a whole, or not at all", "[mail][rcpt]") {
  for (const char* argument : {"<us\"er\"@example.com>", "<\"us\"er@example.com>", "<a.us\"er\".b@example.com>"}) {
    INFO(argument);
    CHECK(path(argument).starts_with("error: "));
  }
  CHECK(path("<\"ann\".\"b\"@example.com>") == "ann.b@example.com");
  CHECK(path("<ann.\"b\".c@example.com>") == "ann.b.c@example.com");
  CHECK(path("<\"a\\\"b\"@example.com>") == path("<@x:\"a\\\"b\"@example.com>"));
}

}  // namespace
}  // namespace shorthop::test
