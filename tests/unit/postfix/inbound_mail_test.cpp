// What a Postfix does to mail from other hosts, as far as differences_test.cpp does not show it.
#include "postfix/inbound/inbound_mail.h"

#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("postconf(5) smtpd_discard_ehlo_keywords: without DSN, aliases of one address are one recipient",
          "[postfix][inbound]") {
  const auto discards = [](const std::string& name, const std::string& value, std::string_view program = "smtpd") {
    InboundMail mail;
    mail.values[name] = value;
    return may_discard_dsn(mail, program);
  };
  CHECK(discards("smtpd_discard_ehlo_keywords", "silent-discard, DSN"));
  CHECK(discards("smtpd_discard_ehlo_keywords", "$mine"));
  CHECK_FALSE(discards("smtpd_discard_ehlo_keywords", "chunking"));
  CHECK_FALSE(discards("smtpd_discard_ehlo_keywords", ""));
  CHECK(discards("smtpd_discard_ehlo_keyword_address_maps", "cidr:/etc/postfix/esmtp_access"));
  CHECK_FALSE(discards("smtpd_discard_ehlo_keyword_address_maps", " "));
  CHECK_FALSE(discards("smtpd_discard_ehlo_keywords", "dsn", "smtp"));
  CHECK(discards("smtp_discard_ehlo_keywords", "dsn", "smtp"));
  InboundMail mail;
  mail.services = parse_master_services("slow unix - - y - - smtp -o smtp_discard_ehlo_keywords=dsn\n");
  CHECK(may_discard_dsn(mail, "smtp"));
  CHECK_FALSE(may_discard_dsn(mail, "smtpd"));
}

}  // namespace shorthop::test
