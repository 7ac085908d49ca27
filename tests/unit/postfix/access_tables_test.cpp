// Which tables a Postfix asks after check_recipient_access.
#include "postfix/access_tables.h"

#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("postconf(5): tables after check_recipient_access, in main.cf, master.cf, classes and braces",
          "[postfix][access]") {
  CHECK(recipient_access_tables(
            {{"smtpd_recipient_restrictions", "permit_mynetworks, check_recipient_access hash:/a, reject"},
             {"smtpd_relay_restrictions", "check_sender_access hash:/no check_recipient_access hash:/a"},
             {"smtp/inet/smtpd_recipient_restrictions", "check_recipient_access inline:{ { x = y } }"},
             {"smtpd_data_restrictions", "{ check_recipient_access hash:/b, action=accept }"},
             {"smtpd_restriction_classes", "guarded, other"},
             {"guarded", "check_recipient_access pcre:/c"},
             {"unused", "check_recipient_access hash:/unused"}}) ==
        std::vector<std::string>{"inline:{ { x = y } }", "hash:/b", "hash:/a", "pcre:/c"});
}

}  // namespace shorthop::test
