// The tables that the restrictions of a Postfix ask about recipients, and whether unlisted recipients are refused.
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

TEST_CASE("master(5): a service has its own restriction classes", "[postfix][access]") {
  CHECK(recipient_access_tables({{"smtpd_restriction_classes", "guarded"},
                                 {"guarded", "permit"},
                                 {"smtp/inet/guarded", "check_recipient_access hash:/a"},
                                 {"smtp/inet/smtpd_restriction_classes", "guarded, own"},
                                 {"own", "check_recipient_access hash:/b"}}) ==
        std::vector<std::string>{"hash:/b", "hash:/a"});
}

TEST_CASE("smtpd(8): in two of the lists, a table without a restriction before it is asked about recipients",
          "[postfix][access]") {
  CHECK(recipient_access_tables({{"smtpd_client_restrictions", "hash:/clients"},
                                 {"smtpd_sender_restrictions", "permit_mynetworks, hash:/senders"},
                                 {"smtpd_recipient_restrictions", "hash:/a, check_client_access hash:/clients"},
                                 {"smtpd_relay_restrictions", "hash:/b, reject_unauth_destination"},
                                 {"smtpd_data_restrictions", "hash:/none"},
                                 {"smtpd_end_of_data_restrictions", "hash:/none"}}) ==
        std::vector<std::string>{"hash:/a", "hash:/b"});
}

TEST_CASE("SMTPD_POLICY_README: a policy service in braces is not a table", "[postfix][access]") {
  CHECK(recipient_access_tables({{"smtpd_recipient_restrictions",
                                  "check_policy_service { inet:127.0.0.1:10023, timeout=10s }, pcre:/a, "
                                  "Check_Sender_Access { pcre:/no }, { pcre:/b }"}}) ==
        std::vector<std::string>{"pcre:/a", "pcre:/b"});
}

TEST_CASE("postconf(5): reject_unlisted_recipient, by its old name too, in a list or a class", "[postfix][access]") {
  CHECK(has_unlisted_restriction({{"smtpd_sender_restrictions", "reject_unlisted_sender, Reject_Unlisted_Recipient"}}));
  CHECK(has_unlisted_restriction({{"smtpd_recipient_restrictions", "check_recipient_maps, permit"}}));
  CHECK(has_unlisted_restriction({{"smtpd_restriction_classes", "strict"}, {"strict", "reject_unlisted_recipient"}}));
  CHECK_FALSE(has_unlisted_restriction(
      {{"smtpd_recipient_restrictions", "reject_unlisted_sender"}, {"unused", "reject_unlisted_recipient"}}));
}

}  // namespace shorthop::test
