// DSN parameters: RFC 3461.
#include "mail/dsn.h"

#include <array>

#include "support/catch.h"

namespace shorthop::test {
namespace {

std::string xtext(std::string_view text) {
  std::string result;
  append_xtext(result, text);
  return result;
}

Notify notify(std::string_view value) {
  if (value.empty()) return {};
  const auto parsed = Notify::parse(value);
  REQUIRE(parsed);
  return *parsed;
}

std::string dsn(const std::vector<std::string_view>& arguments) {
  const auto parsed = parse_dsn(arguments);
  if (!parsed) return "error: " + parsed.error().what;
  return "notify=" + parsed->notify.text() + " orcpt=" + parsed->orcpt;
}

TEST_CASE("RFC 3461, 4.1: NOTIFY is NEVER or a list", "[mail][dsn]") {
  CHECK(notify("NEVER").text() == "NEVER");
  CHECK(notify("never").text() == "NEVER");
  CHECK(notify("delay,Success").text() == "SUCCESS,DELAY");
  CHECK(notify("FAILURE,FAILURE").text() == "FAILURE");
  CHECK(Notify().text() == "");
  CHECK(Notify().is_absent());
  CHECK_FALSE(notify("NEVER").is_absent());
  for (const char* value :
       {"", ",", "SUCCESS,", ",DELAY", "NEVER,FAILURE", "FAILURE,NEVER", "ALWAYS", "SUCCESS DELAY"}) {
    INFO(value);
    CHECK_FALSE(Notify::parse(value));
  }
}

TEST_CASE(
    "RFC 3461, 4.1: a merged NOTIFY reports all that the two ask for, and SUCCESS only if one of them asks for it",
    "[mail][dsn]") {
  constexpr std::array values = {
      "", "NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE", "SUCCESS,FAILURE,DELAY"};
  for (const char* a : values) {
    for (const char* b : values) {
      INFO("\"" << a << "\" and \"" << b << "\"");
      const Notify merged = notify(a).merged(notify(b));
      CHECK(merged == notify(b).merged(notify(a)));
      CHECK(merged.covers(notify(a)));
      CHECK(merged.covers(notify(b)));
      const bool asked = std::string_view(a).contains("SUCCESS") || std::string_view(b).contains("SUCCESS");
      CHECK(merged.text().contains("SUCCESS") == asked);
      CHECK(merged.is_absent() == (notify(a).is_absent() && notify(b).is_absent()));
    }
  }
  CHECK(notify("").merged(notify("NEVER")).text() == "FAILURE,DELAY");
  CHECK(notify("NEVER").merged(notify("NEVER")).text() == "NEVER");
}

TEST_CASE("RFC 3461, 5.2.7: the members of an alias get NOTIFY without SUCCESS", "[mail][dsn]") {
  CHECK(notify("SUCCESS").of_members() == notify("NEVER"));
  CHECK(notify("SUCCESS,DELAY").of_members() == notify("DELAY"));
  CHECK(notify("NEVER").of_members() == notify("NEVER"));
  CHECK(notify("").of_members() == notify(""));
}

TEST_CASE("RFC 3461, 4.1: an absent NOTIFY means FAILURE and DELAY", "[mail][dsn]") {
  CHECK(notify("").covers(notify("FAILURE,DELAY")));
  CHECK(notify("FAILURE,DELAY").covers(notify("")));
  CHECK_FALSE(notify("").covers(notify("SUCCESS")));
  CHECK_FALSE(notify("NEVER").covers(notify("")));
  CHECK(notify("").covers(notify("NEVER")));
}

TEST_CASE("RFC 3461, 4: NOTIFY and ORCPT are passed on, each at most once", "[mail][dsn]") {
  CHECK(dsn({}) == "notify= orcpt=");
  CHECK(dsn({"NOTIFY=NEVER"}) == "notify=NEVER orcpt=");
  CHECK(dsn({"orcpt=rfc822;Ann+2Bx@example.org", "notify=success"}) ==
        "notify=SUCCESS orcpt=rfc822;Ann+2Bx@example.org");
  CHECK(dsn({"NOTIFY=NEVER", "NOTIFY=NEVER"}).starts_with("error: NOTIFY is given twice"));
  CHECK(dsn({"ORCPT=rfc822;a", "ORCPT=rfc822;a"}).starts_with("error: ORCPT is given twice"));
  for (const char* argument : {"", "X", "RRVS=2014-04-03T23:01:00Z", "NOTIFY", "NOTIFY=", "ORCPT", "ORCPT="}) {
    INFO(argument);
    CHECK(dsn({argument}).starts_with("error: "));
  }
}

TEST_CASE("RFC 3461, 4.2: ORCPT is addr-type;xtext", "[mail][dsn]") {
  CHECK(dsn({"ORCPT=x-local;+41"}) == "notify= orcpt=x-local;+41");
  for (const char* value :
       {"rfc822", ";a", "rfc822;", "rfc822;a b", "rfc822;a=b", "rfc822;a+", "rfc822;a+4", "rfc822;a+4g", "rfc822;a+2b",
        "rfc 822;a", "rfc822;\xc3\xbc", "rfc822;a\r\nb", "rfc822;a\x7f"}) {
    INFO(value);
    CHECK(dsn({"ORCPT=" + std::string(value)}).starts_with("error: "));
  }
  CHECK(dsn({"ORCPT=rfc822;" + std::string(493, 'a')}).starts_with("notify="));
  CHECK(dsn({"ORCPT=rfc822;" + std::string(494, 'a')}).starts_with("error: "));
}

TEST_CASE("RFC 6533, 3: an ORCPT of type utf-8 is passed on in xtext", "[mail][dsn]") {
  CHECK(dsn({"ORCPT=utf-8;Zo\\x{EB}\\x{4e2d}@example.net"}) == "notify= orcpt=utf-8;Zo+C3+AB+E4+B8+AD@example.net");
  CHECK(dsn({"ORCPT=UTF-8;a\\x{2B}b\\x{5C}@example.net"}) == "notify= orcpt=UTF-8;a+2Bb\\@example.net");
  CHECK(dsn({"ORCPT=rfc822;Zo\\x{EB}@example.net"}) == "notify= orcpt=rfc822;Zo\\x{EB}@example.net");
  for (const char* value :
       {"utf-8;", "utf-8;a+2B", "utf-8;\\", "utf-8;\\x{", "utf-8;\\x{}", "utf-8;\\x{4g}", "utf-8;\\x41}",
        "utf-8;\\x{110000}", "utf-8;\\x{D800}", "utf-8;\\x{-1}", "utf-8;\\x{41", "utf-8;a\\x{41} b"}) {
    INFO(value);
    CHECK(dsn({"ORCPT=" + std::string(value)}).starts_with("error: "));
  }
  std::string many = "ORCPT=utf-8;";
  for (int i = 0; i < 55; ++i) many += "\\x{4E2D}";
  CHECK(dsn({many}).starts_with("error: "));  // 6 + 55 * 9 characters are too many
}

TEST_CASE("RFC 3461, 4: xtext encodes '+', '=' and every byte that is not from '!' to '~'", "[mail][dsn]") {
  CHECK(xtext("ann@example.com") == "ann@example.com");
  CHECK(xtext("a+b=c d") == "a+2Bb+3Dc+20d");
  CHECK(xtext("\xff\n") == "+FF+0A");
  CHECK(orcpt_for(*Address::parse("\"A b\"+x@Example.org")) == "rfc822;\"A+20b+2Bx\"@Example.org");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(dsn({"ORCPT=rfc822;" + xtext(all.substr(0, 128))}).starts_with("notify="));
  CHECK(dsn({"ORCPT=rfc822;" + xtext(all.substr(128))}).starts_with("notify="));
}

TEST_CASE("RFC 3461, 4: ORCPTs in several spellings are one original recipient", "[mail][dsn]") {
  const std::string key = orcpt_key("rfc822;Ann+2Bx@example.org");
  for (const char* same : {"RFC822;ann+2Bx@Example.org", "rfc822;+41nn+2Bx@example.org", "rfc822;ann+2Bx@example+2Eorg",
                           "rfc822;ann+2Bx@example.org+00.example", "rfc822;ann+2Bx@example.org+20+09+0D+0A",
                           "rfc822;ann+2Bx@example.org+20+00x"}) {
    INFO(same);
    CHECK(orcpt_key(same) == key);
  }
  for (const char* other : {"utf-8;ann+2Bx@example.org", "rfc822;ann+2B2Bx@example.org", "rfc822;annx@example.org",
                            "rfc822;+20ann+2Bx@example.org", "rfc822;ann+2Bx@example.org+C2+A0"}) {
    INFO(other);
    CHECK(orcpt_key(other) != key);
  }
  CHECK(orcpt_key("utf-8;Zo+C3+AB@example.org") == orcpt_key("utf-8;zo+C3+8B@example.org"));
  CHECK(orcpt_key("rfc822;+C3+8B+FFA+C3+8B") == orcpt_key("rfc822;+C3+AB+FFa+C3+AB"));
  CHECK(orcpt_key("rfc822;+FF") != orcpt_key("rfc822;+FE"));
  CHECK(orcpt_key("rfc822;+20") == orcpt_key("rfc822;+00"));
  CHECK(orcpt_key("rfc822;A+4") == "rfc822;a+4");
  CHECK(orcpt_key("").empty());
}

TEST_CASE("Postfix uses the client's text as the original recipient, including source route and quotes",
          "[mail][dsn]") {
  CHECK(orcpt_as_given("<ann@example.org>") == "rfc822;ann@example.org");
  CHECK(orcpt_as_given("ann@example.org") == "rfc822;ann@example.org");
  CHECK(orcpt_as_given("<@a.example:\"A b\"+x@Example.org>") == "rfc822;@a.example:\"A+20b\"+2Bx@Example.org");
  CHECK(orcpt_as_given("<" + std::string(493, 'a') + ">").size() == 500);
  CHECK(orcpt_as_given("<" + std::string(494, 'a') + ">").empty());
  CHECK(orcpt_as_given("<@a.example:\xc3\xbc@example.org>") == "utf-8;@a.example:+C3+BC@example.org");
  CHECK(orcpt_as_given("<\xfc@example.org>").empty());
  CHECK(orcpt_as_given("<\"a\tb\"@example.org>").empty());
}

TEST_CASE("an error quotes the client's argument in short printable form", "[mail][dsn]") {
  const std::string error = dsn({"X=\r\n\x1b" + std::string(1000, 'a')});
  CHECK(error.contains("\\x0d\\x0a\\x1b"));
  CHECK(error.size() < 200);
}

}  // namespace
}  // namespace shorthop::test
