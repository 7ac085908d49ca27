// Whether rules of this host's Postfix may pass mail to a filter.
#include "unit/load/described_host.h"

namespace shorthop::test {

TEST_CASE("header_checks(5), access(5): mail may lose ORCPT if FILTER applies, as it may with content_filter",
          "[load][host]") {
  const auto merges = [](const char* setting, std::string_view rules = "/^Subject:/ WARN x\n") {
    MapFiles::Texts texts = {{"/etc/postfix/rules", std::string(rules)}};
    return Host(setting, Host::from_postfix(), std::move(texts)).host->merges_copies();
  };
  for (const char* setting :
       {"header_checks = regexp:/etc/postfix/rules\n", "smtpd_client_restrictions = permit_mynetworks, reject\n",
        "smtpd_sender_restrictions = check_sender_access inline:{ann@example.net=REJECT no FILTER}\n"}) {
    INFO(setting);
    CHECK_FALSE(merges(setting));
  }
  for (const char* setting :
       {"body_checks = pcre:{ {/x/ FILTER scan:[127.0.0.1]:10024} }\n", "header_checks = regexp:/etc/postfix/absent\n",
        "smtpd_client_restrictions = check_client_access static:{filter scan:dummy}\n",
        "smtpd_recipient_restrictions = check_recipient_access inline:{{ann@example.com=FILTER scan:dummy}}\n",
        "smtpd_sender_restrictions = check_sender_access mysql:/etc/postfix/rules\n",
        "smtpd_sender_restrictions = check_sender_access static:{permit_x,check_client_access,cidr:/x}\n",
        "smtpd_restriction_classes = c\nc = check_helo_access static:{FILTER scan:dummy}\n"}) {
    INFO(setting);
    CHECK(merges(setting));
  }
  CHECK(
      merges("mime_header_checks = regexp:/etc/postfix/rules\n", "if /^Subject:/\n/x/\n  FILTER scan:dummy\nendif\n"));
}

}  // namespace shorthop::test
