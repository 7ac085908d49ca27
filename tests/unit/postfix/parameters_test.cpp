// The output of postconf(1), and $name in it.
#include "postfix/parameters.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

std::string expanded(std::string_view text, const Parameters& parameters) {
  const auto result = expand_parameters(text, [&](std::string_view name) -> std::optional<std::string> {
    const auto found = parameters.find(name);
    if (found == parameters.end()) return std::nullopt;
    return found->second;
  });
  return result ? *result : "cannot expand " + result.error();
}

}  // namespace

TEST_CASE("postconf(1): name = value, continued lines, comments; the last value is used", "[postfix][parameters]") {
  std::optional<BadParameterLine> bad_line;
  const Parameters parameters = parse_parameters(
      "# main.cf\n"
      "mydestination = a.example,\n"
      "    b.example\n"
      "# between\n"
      "\tc.example\n"
      "recipient_delimiter =\n"
      "myorigin=x = y\r\n"
      "myhostname = first.example\n"
      "myhostname = second.example\n",
      &bad_line);
  CHECK(!bad_line);
  CHECK(parameters.at("mydestination") == "a.example, b.example c.example");
  CHECK(parameters.at("recipient_delimiter").empty());
  CHECK(parameters.at("myorigin") == "x = y");
  CHECK(parameters.at("myhostname") == "second.example");
}

TEST_CASE("postconf(5): Postfix takes an undefined name as empty, and refuses a malformed text",
          "[postfix][parameters]") {
  const auto value_of = [](std::string_view name) {
    return name == "mine" ? std::optional<std::string>("a, $not_defined, b") : std::nullopt;
  };
  CHECK(expanded_by_postfix("$not_defined $mine", value_of) == " a, , b");
  CHECK(expanded_by_postfix("$mine ${mine", value_of) == "$mine ${mine");
}

TEST_CASE("postconf(1): a line that is not a parameter is reported by number", "[postfix][parameters]") {
  std::optional<BadParameterLine> bad_line;
  const Parameters parameters = parse_parameters("a = b\nsmtp inet n - y - - smtpd\n  -o x=y\n= z\nc = d\n", &bad_line);
  REQUIRE(bad_line);
  CHECK(bad_line->number == 2);
  CHECK(bad_line->text == "smtp inet n - y - - smtpd");
  CHECK(parameters == Parameters{{"a", "b"}, {"c", "d"}});
  CHECK(parse_parameters("").empty());
  CHECK(parse_parameters("\n   \n  continued\n").empty());
}

TEST_CASE("postconf(1): its warnings in the same file are not parameters", "[postfix][parameters]") {
  std::optional<BadParameterLine> bad_line;
  const Parameters parameters = parse_parameters(
      "a = b\n/usr/sbin/postconf: warning: /etc/postfix/master.cf: undefined parameter: mua_client_restrictions\n"
      "postconf: warning: /etc/postfix/main.cf: unused parameter: x=y\nc = d\n",
      &bad_line);
  CHECK_FALSE(bad_line);
  CHECK(parameters == Parameters{{"a", "b"}, {"c", "d"}});
  parse_parameters("see postconf: warning: x\n", &bad_line);
  CHECK(bad_line);
}

TEST_CASE("postconf(5): $name, ${name} and $(name) are expanded, $$ is a dollar sign", "[postfix][parameters]") {
  const Parameters parameters = {{"a", "A"}, {"b", "<$a>"}, {"empty", ""}};
  CHECK(expanded("$a ${a} $(a) ${ a }, $b.$a", parameters) == "A A A A, <A>.A");
  CHECK(expanded("$$a $empty|", parameters) == "$a |");
  CHECK(expanded("none", parameters) == "none");
}

TEST_CASE("postconf(5): ${name?value}, ${name:value} and ${name?{value}:{other}}", "[postfix][parameters]") {
  const Parameters parameters = {{"set", "S"}, {"empty", ""}, {"other", "O"}};
  CHECK(expanded("${set?yes} ${empty?yes} ${unknown?yes}.", parameters) == "yes  .");
  CHECK(expanded("${set:no}|${set:{no}}|${empty:no}|$(unknown:no)", parameters) == "||no|no");
  CHECK(expanded("${set?{a b}:{c}} ${empty?{a b}:{c}} ${set ? {<$other>} : {c}}", parameters) == "a b c <O>");
  CHECK(expanded("${empty:${set}}", parameters) == "S");
  CHECK(expanded("${set?$unknown}", parameters) == "cannot expand $unknown");
}

TEST_CASE("postconf(5): ${{left} == {right} ? {value} : {other}}, as Postfix 3.7 expands it", "[postfix][parameters]") {
  const Parameters parameters = {{"compatibility_level", "3.6"}, {"host", "h.example"}, {"empty", ""}};
  const auto is = [&](const std::string& comparison) {
    return expanded("${" + comparison + " ? {yes} : {no}}", parameters);
  };
  CHECK(is("{$compatibility_level} <level {3.6}") == "no");
  CHECK(is("{$compatibility_level} <level {3.10}") == "yes");
  CHECK(is("{$compatibility_level} < {3.10}") == "no");  // as text
  CHECK(is("{3.6.1} >level {3.6}") == "yes");
  CHECK(is("{3.6} ==level {3.6.0}") == "yes");
  CHECK(is("{3.6} <=level {3}") == "no");
  CHECK(is("{10} > {9}") == "yes");  // as numbers
  CHECK(is("{010} == {10}") == "yes");
  CHECK(is("{1.5} == {1.50}") == "no");
  CHECK(is("{A} == {a}") == "no");
  CHECK(is("{a} != {a}") == "no");
  CHECK(is("{} == {$empty}") == "yes");
  CHECK(is("{ a} == {a}") == "no");
  CHECK(is("{a b}=={a b}") == "yes");
  CHECK(expanded("${{$host} == {h.example} ? {$host} : {no}}", parameters) == "h.example");
  CHECK(expanded("${{a} == {a} ? {yes}}|${{a} == {b} ? {yes}}|${{a} == {b} : {no}}", parameters) == "yes||no");
  CHECK(expanded("$({a} == {a} ? {yes} : {no})", parameters) == "yes");
  CHECK(expanded("x${{a} == {a} ? { yes } : {no}}x", parameters) == "x yes x");
}

TEST_CASE("postconf(5): a malformed comparison is not expanded", "[postfix][parameters]") {
  for (const char* text : {"${{a} =! {b} ? {yes} : {no}}", "${{x} <level {3.6} ? {yes} : {no}}",
                           "${{3.6} <level {3.6.1.1} ? {yes} : {no}}", "${{ 3 } <level {3.6} ? {yes} : {no}}",
                           "${{a} == {a} ? {yes} {no}}", "${{a}} == {a} ? {yes} : {no}}", "${{a} == {a}",
                           "${{a} == ? {yes} : {no}}", "${{a} {b} ? {yes} : {no}}", "${{a}}", "${{a} ==}",
                           "${{$unknown} == {a} ? {yes} : {no}}", "${{a} == {$unknown} ? {yes} : {no}}"}) {
    CAPTURE(text);
    CHECK(expanded(text, {}).starts_with("cannot expand $"));
  }
  // Postfix expands it to "true". No parameter that is read here has a use for this value.
  CHECK(expanded("${{a} == {a}}", {}).starts_with("cannot expand $"));
}

TEST_CASE("postconf(5): a part that cannot be expanded is named", "[postfix][parameters]") {
  const Parameters parameters = {{"a", "$b"}, {"b", "$a"}, {"wide", "$wide2$wide2"}, {"wide2", "$wide3$wide3"}};
  CHECK(expanded("x $unknown y", parameters) == "cannot expand $unknown");
  CHECK(expanded("${a b?yes}", parameters) == "cannot expand ${a b?yes}");
  CHECK(expanded("${x?{yes}no}", parameters) == "cannot expand ${x?{yes}no}");
  CHECK(expanded("${a", parameters) == "cannot expand ${a");
  CHECK(expanded("5$", parameters) == "cannot expand $");
  CHECK(expanded("$a", parameters).starts_with("cannot expand $"));
  CHECK(expanded("$wide", parameters) == "cannot expand $wide3");
}

TEST_CASE("parameters that double at each level soon end in an error", "[postfix][parameters]") {
  Parameters parameters;
  for (int level = 0; level < 20; ++level) {
    std::string value;
    for (int i = 0; i < 5; ++i) value += "$p" + std::to_string(level + 1);
    parameters["p" + std::to_string(level)] = value;
  }
  parameters["p20"] = "";
  CHECK(expanded("$p0", parameters).starts_with("cannot expand $p"));
}

TEST_CASE("postconf(5) smtpd_discard_ehlo_keywords: without DSN, aliases of one address are one recipient",
          "[postfix][parameters]") {
  CHECK(may_discard_dsn("silent-discard, DSN", ""));
  CHECK(may_discard_dsn("$mine", ""));
  CHECK_FALSE(may_discard_dsn("chunking", ""));
  CHECK_FALSE(may_discard_dsn("", ""));
  CHECK(may_discard_dsn("", "cidr:/etc/postfix/esmtp_access"));
  CHECK_FALSE(may_discard_dsn("", " "));
}

TEST_CASE("RFC 6531: settings with which a Postfix may refuse mail with SMTPUTF8", "[postfix]") {
  const auto refuses = [](std::string_view parameter, const std::string& value) {
    return may_refuse_utf8([&](std::string_view name) { return name == parameter ? value : std::string(); });
  };
  CHECK(!refuses("", ""));
  CHECK(refuses("smtputf8_enable", " No "));
  CHECK(!refuses("smtputf8_enable", "yes"));
  CHECK(refuses("smtpd_discard_ehlo_keywords", "chunking, SMTPUTF8"));
  CHECK(refuses("smtp_discard_ehlo_keywords", "smtputf8"));
  CHECK(refuses("smtp_discard_ehlo_keywords", "$unknown"));
  CHECK(refuses("smtpd_discard_ehlo_keyword_address_maps", "cidr:/etc/postfix/keywords"));
  CHECK(refuses("smtp_never_send_ehlo", "yes"));
  CHECK(!refuses("smtp_never_send_ehlo", "no"));
  CHECK(refuses("smtp_always_send_ehlo", "no"));
}

}  // namespace shorthop::test
