// Pattern files of header_checks(5): which rules move mail.
#include "postfix/inbound/check_rules.h"

#include "support/catch.h"

using namespace shorthop;

namespace {

/// "LINE ACTION", with '!' for a rule that moves mail.
std::string rules_of(std::string_view text) {
  std::string shown;
  for (const CheckRule& rule : check_rules_in(text)) {
    shown += std::to_string(rule.line) + " " + rule.action + (rule.moves_mail() ? "! " : " ");
  }
  return shown;
}

}  // namespace

TEST_CASE("header_checks(5): BCC, DISCARD, FILTER, HOLD and REDIRECT move mail, other actions do not", "[postfix]") {
  CHECK(rules_of("/^Subject: a/ REDIRECT boss@example.org\n/b/ hold\n/c/ BCC a@example.org\n/d/ DISCARD\n"
                 "/e/ FILTER smtp:[192.0.2.1]\n") == "1 REDIRECT! 2 HOLD! 3 BCC! 4 DISCARD! 5 FILTER! ");
  CHECK(rules_of("/a/ REJECT no HOLD here\n/b/ IGNORE\n/c/ PREPEND X-REDIRECT: HOLD\n") ==
        "1 REJECT 2 IGNORE 3 PREPEND ");
}

TEST_CASE("pcre_table(5): flags, negation, other enclosures, escapes and continued lines", "[postfix]") {
  CHECK(rules_of("/a\\/b/im HOLD\n") == "1 HOLD! ");
  CHECK(rules_of("!/a/ HOLD\n") == "1 HOLD! ");
  CHECK(rules_of("~a/b~ HOLD\n") == "1 HOLD! ");
  CHECK(rules_of("# comment\n\n/a b/x\n  REJECT spam\n") == "3 REJECT ");
  CHECK(check_rules_in("/a/ HOLD  x \n").front().text == "/a/ HOLD  x");
}

TEST_CASE("pcre_table(5): if and endif are not rules, and a line without pattern or action is skipped", "[postfix]") {
  CHECK(rules_of("if /^From:/\n/a/ HOLD\nendif\n") == "2 HOLD! ");
  CHECK(rules_of("IF !/^From:/\nENDIF\n/a\n/b/\n/c/i\n\\\n/\n") == "");
  CHECK(rules_of("  /a/ HOLD\n") == "");
}

TEST_CASE("access(5): the action follows the key, in every form of table", "[postfix]") {
  const auto actions = [](const char* table, std::string_view text) {
    std::string shown;
    for (const CheckRule& rule : access_rules_in(*TableName::parse(table), text)) {
      shown += rule.action + (rule.moves_mail() ? "! " : " ");
    }
    return shown;
  };
  CHECK(actions("hash:/t", "# a\nexample.org REJECT\nann@example.org\tfilter smtp:[192.0.2.1]\nlost\n") ==
        "REJECT FILTER! ");
  CHECK(actions("texthash:/t", "192.0.2.1\n   HOLD spam\n") == "HOLD! ");
  CHECK(actions("cidr:/t", "192.0.2.0/24 discard\n::/0 OK\n") == "DISCARD! OK ");
  CHECK(actions("pcre:/t", "/REDIRECT me/ OK\n/x/ REDIRECT ann@example.org\n") == "OK REDIRECT! ");
  CHECK(actions("static:{BCC a@example.org}", "{BCC a@example.org}") == "BCC! ");
  CHECK(actions("static:OK", "OK") == "OK ");
  CHECK(actions("hash:/t",
                "a check_client_access hash:/x\nb permit_tls_clientcerts, Check_Sender_Access hash:/x\n"
                "c REJECT see check_sender_access\nd reject_unknown_client_hostname\n") ==
        "CHECK_CLIENT_ACCESS! PERMIT_TLS_CLIENTCERTS,! REJECT REJECT_UNKNOWN_CLIENT_HOSTNAME ");
  CHECK(actions("inline:x", "{ {a.example=REJECT}, { b.example = HOLD } }") == "REJECT HOLD! ");
}
