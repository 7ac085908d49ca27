// The tables that the restrictions of a Postfix ask about recipients, and whether unlisted recipients are refused.
#include "postfix/inbound/access_tables.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

std::vector<std::string> tables_in(const Parameters& parameters) { return recipient_checks(parameters).tables; }

/// "TEXT unless TABLE TABLE", each followed by ';'.
std::string refusals_in(const Parameters& parameters) {
  const RecipientChecks checks = recipient_checks(parameters);
  std::string text;
  for (const AccessRefusal& refusal : checks.refusals) {
    text += refusal.text;
    for (std::size_t i = 0; i < refusal.permitting.size(); ++i) {
      text += (i == 0 ? " unless " : " ") + checks.tables.at(refusal.permitting[i]);
    }
    text += ";";
  }
  return text;
}

std::string refusals_of(const std::string& restrictions) {
  return refusals_in({{"smtpd_recipient_restrictions", restrictions}});
}

}  // namespace

TEST_CASE("postconf(5): tables after check_recipient_access, in main.cf, master.cf, classes and braces",
          "[postfix][access]") {
  CHECK(tables_in({{"smtpd_recipient_restrictions", "permit_mynetworks, check_recipient_access hash:/a, reject"},
                   {"smtpd_relay_restrictions", "check_sender_access hash:/no check_recipient_access hash:/a"},
                   {"smtp/inet/smtpd_recipient_restrictions", "check_recipient_access inline:{ { x = y } }"},
                   {"smtpd_data_restrictions", "{ check_recipient_access hash:/b, action=accept }"},
                   {"smtpd_restriction_classes", "guarded, other"},
                   {"guarded", "check_recipient_access pcre:/c"},
                   {"unused", "check_recipient_access hash:/unused"}}) ==
        std::vector<std::string>{"hash:/a", "hash:/b", "pcre:/c", "inline:{ { x = y } }"});
}

TEST_CASE("postconf(5): tables after check_sender_access, except in services for users", "[postfix][access]") {
  using Names = std::vector<std::string>;
  CHECK(sender_access_tables({{"smtpd_sender_restrictions", "permit_mynetworks, Check_Sender_Access hash:/a"},
                              {"smtpd_data_restrictions", "check_sender_access hash:/a, check_client_access hash:/c"},
                              {"smtp/inet/smtpd_client_restrictions", "{ check_sender_access regexp:/b }"},
                              {"submission/inet/smtpd_client_restrictions", "check_sender_access hash:/users"},
                              {"smtpd_restriction_classes", "strict"},
                              {"strict", "check_sender_access hash:/d"},
                              {"other", "check_sender_access hash:/e"}}) == Names{"regexp:/b", "hash:/a", "hash:/d"});
  CHECK(sender_access_tables({}).empty());
  // A table that stands alone is asked about the sender, also in a class that this list names.
  CHECK(sender_access_tables({{"smtpd_sender_restrictions", "hash:/a, strict"},
                              {"smtpd_client_restrictions", "hash:/clients"},
                              {"smtpd_restriction_classes", "strict"},
                              {"strict", "permit_mynetworks, inline:{ a=b }"}}) == Names{"hash:/a", "inline:{ a=b }"});
}

TEST_CASE("master(5): a service has its own restriction classes", "[postfix][access]") {
  CHECK(tables_in({{"smtpd_restriction_classes", "guarded"},
                   {"guarded", "permit"},
                   {"smtp/inet/guarded", "check_recipient_access hash:/a"},
                   {"smtp/inet/smtpd_restriction_classes", "guarded, own"},
                   {"own", "check_recipient_access hash:/b"}}) == std::vector<std::string>{"hash:/b", "hash:/a"});
}

TEST_CASE("smtpd(8): at DATA and at the end of the message, a table is asked only about a lone recipient",
          "[postfix][access]") {
  const auto asks_lone = [](const Parameters& parameters) { return recipient_checks(parameters).asks_lone_recipients; };
  const std::string check = "permit_mynetworks, check_recipient_access hash:/a";
  CHECK(asks_lone({{"smtpd_data_restrictions", check}}));
  CHECK(asks_lone({{"smtp/inet/smtpd_end_of_data_restrictions", "{ " + check + " }"}}));
  CHECK(!asks_lone({{"smtpd_recipient_restrictions", check}}));
  CHECK(!asks_lone({{"smtpd_data_restrictions", "check_client_access hash:/a, reject_multi_recipient_bounce"}}));
  const Parameters classes = {{"smtpd_restriction_classes", "guarded"}, {"guarded", check}};
  const auto with_class = [&](const std::string& data_restrictions) {
    Parameters parameters = classes;
    parameters.emplace("smtpd_data_restrictions", data_restrictions);
    return asks_lone(parameters);
  };
  CHECK(!asks_lone(classes));
  CHECK(with_class("guarded"));
  CHECK(with_class("check_sender_access hash:/may-name-a-class"));
  CHECK(!with_class("reject_unauth_pipelining"));
  CHECK(refusals_in({{"smtpd_data_restrictions", check + ", reject"}}) == "reject in smtpd_data_restrictions;");
}

TEST_CASE("postconf(5): reject_multi_recipient_bounce in a list or class of main.cf or of port 25",
          "[postfix][access]") {
  CHECK(refuses_shared_bounces({{"smtpd_data_restrictions", "permit_mynetworks, Reject_Multi_Recipient_Bounce"}}));
  CHECK(refuses_shared_bounces({{"smtpd_client_restrictions", "{ reject_multi_recipient_bounce }"}}));
  CHECK(refuses_shared_bounces({{"smtp/inet/smtpd_recipient_restrictions", "reject_multi_recipient_bounce"}}));
  CHECK(refuses_shared_bounces({{"smtpd_restriction_classes", "own"}, {"own", "reject_multi_recipient_bounce"}}));
  CHECK(!refuses_shared_bounces({{"own", "reject_multi_recipient_bounce"}}));
  CHECK(!refuses_shared_bounces({{"submission/inet/smtpd_data_restrictions", "reject_multi_recipient_bounce"}}));
  CHECK(!refuses_shared_bounces({{"smtpd_data_restrictions", "reject_unauth_pipelining"}}));
}

TEST_CASE("smtpd(8): in the lists for recipients and relaying, a table that stands alone is asked about recipients",
          "[postfix][access]") {
  CHECK(tables_in({{"smtpd_client_restrictions", "hash:/clients"},
                   {"smtpd_sender_restrictions", "permit_mynetworks, hash:/senders"},
                   {"smtpd_recipient_restrictions", "hash:/a, check_client_access hash:/clients"},
                   {"smtpd_relay_restrictions", "hash:/b, reject_unauth_destination"},
                   {"smtpd_data_restrictions", "hash:/none"},
                   {"smtpd_end_of_data_restrictions", "hash:/none"}}) ==
        std::vector<std::string>{"hash:/b", "hash:/a"});
}

TEST_CASE("postconf(5): a bare reject refuses each recipient that no table before it permits", "[postfix][access]") {
  CHECK(refusals_of("reject") == "reject in smtpd_recipient_restrictions;");
  CHECK(refusals_of("check_recipient_access hash:/a, hash:/b, REJECT, check_recipient_access hash:/c") ==
        "reject in smtpd_recipient_restrictions unless hash:/a hash:/b;");
  CHECK(refusals_of("reject_unlisted_recipient, defer_if_permit, permit") ==
        "defer_if_permit in smtpd_recipient_restrictions;");
  CHECK(refusals_of("check_sender_access hash:/s, defer") == "defer in smtpd_recipient_restrictions;");
  CHECK(refusals_of("check_reverse_client_hostname_access pcre:/c, reject_unauth_destination, reject") ==
        "reject in smtpd_recipient_restrictions;");
  CHECK(refusals_of("permit_mynetworks, check_recipient_access hash:/a, defer_if_reject, reject") ==
        "reject in smtpd_recipient_restrictions unless hash:/a;");
  CHECK(refusals_of("warn_if_reject reject, { reject }") == "reject in smtpd_recipient_restrictions;");
}

TEST_CASE("postconf(5): a bare reject does not count if no mail for this host's domains reaches it",
          "[postfix][access]") {
  for (const char* restrictions :
       {"permit_mynetworks, permit_auth_destination, reject", "check_recipient_access hash:/a, permit, reject",
        "permit_mynetworks, reject", "permit_sasl_authenticated, reject_unauth_destination, reject",
        "check_client_access cidr:/c, reject",
        "permit_mynetworks, check_reverse_client_hostname_access pcre:/c, reject",
        "permit_mynetworks, check_ccert_access hash:/c, reject",
        "check_sender_access hash:/s, permit_mx_backup, reject",
        "check_recipient_access hash:/a, permit_mx_backup, reject", "warn_if_reject reject",
        "reject_unauth_destination"}) {
    INFO(restrictions);
    CHECK(refusals_of(restrictions).empty());
  }
  CHECK(refusals_in({{"smtpd_etrn_restrictions", "reject"}}).empty());
}

TEST_CASE("RESTRICTION_CLASS_README: a bare reject in a class", "[postfix][access]") {
  const auto of_class = [](const char* list, const char* its_class) {
    return refusals_in({{"smtpd_sender_restrictions", list}, {"smtpd_restriction_classes", "c"}, {"c", its_class}});
  };
  CHECK(of_class("c", "check_sender_access hash:/insiders, reject") == "reject in smtpd_sender_restrictions;");
  CHECK(of_class("warn_if_reject c", "check_sender_access hash:/insiders, reject").empty());
  CHECK(of_class("permit", "check_sender_access hash:/insiders, reject").empty());
  CHECK(of_class("check_client_access hash:/c", "check_recipient_access hash:/a, reject") ==
        "reject in c unless hash:/a;");
  CHECK(of_class("c", "c") == "too many restrictions;too many restrictions;");
}

TEST_CASE("RESTRICTION_CLASS_README: routine classes ask nothing about recipient or sender", "[postfix][access]") {
  const auto is_routine_class = [](const char* its_class) {
    return recipient_checks({{"smtpd_restriction_classes", "c"}, {"c", its_class}}).ignorable_classes.contains("c");
  };
  for (const char* restrictions :
       {"check_policy_service inet:127.0.0.1:10023", "permit_mynetworks, Reject_RBL_Client zen.example, permit",
        "check_policy_service { unix:private/spf, timeout=10s }", "warn_if_reject reject_unknown_client_hostname"}) {
    INFO(restrictions);
    CHECK(is_routine_class(restrictions));
  }
  for (const char* restrictions :
       {"", "reject", "permit_mynetworks, reject", "check_sender_access hash:/s", "check_policy_service", "c",
        "check_recipient_access hash:/r", "reject_sender_login_mismatch", "reject_non_fqdn_sender", "defer_if_permit",
        "check_client_access hash:/c", "hash:/x", "{ permit }"}) {
    INFO(restrictions);
    CHECK_FALSE(is_routine_class(restrictions));
  }
  const Parameters parameters = {
      {"smtpd_restriction_classes", "c"}, {"c", "permit"}, {"smtp/inet/c", "check_sender_access hash:/s"}};
  CHECK(recipient_checks(parameters).ignorable_classes.empty());
  CHECK(recipient_checks({{"smtpd_restriction_classes", "undefined"}}).ignorable_classes.empty());
}

TEST_CASE("access(5): restrictions in the entry of a table", "[postfix][access]") {
  const auto is_ignorable = [](const char* entry) {
    const Parameters parameters = {{"smtpd_restriction_classes", "grey, permit_guests"},
                                   {"grey", "check_policy_service inet:127.0.0.1:10023"},
                                   {"permit_guests", "check_sender_access hash:/guests, reject"}};
    return recipient_checks(parameters).ignorable_lists()(entry);
  };
  for (const char* entry : {"reject_unverified_recipient", "grey", "grey Reject_Unverified_Recipient",
                            "permit_mynetworks,permit_sasl_authenticated,reject_unauth_destination,permit"}) {
    INFO(entry);
    CHECK(is_ignorable(entry));
  }
  for (const char* entry :
       {"permit_guests", "grey, permit_guests", "permit_mynetworks, reject", "reject_plaintext_session", "Grey",
        "reject_rbl_client zen.example", "reject_sender_login_mismatch", "warn_if_reject reject_unverified_recipient",
        "check_policy_service inet:127.0.0.1:10023", "check_sender_access hash:/s", "hash:/r", "undefined"}) {
    INFO(entry);
    CHECK_FALSE(is_ignorable(entry));
  }
}

TEST_CASE("postconf(5) defer_if_reject: smtpd(8) may only defer what it would reject", "[postfix][access]") {
  const auto defers = [](const char* list, const char* restrictions) {
    return recipient_checks({{list, restrictions}}).defers_rejections;
  };
  CHECK(defers("smtpd_relay_restrictions", "Defer_If_Reject, reject_unauth_destination"));
  CHECK_FALSE(defers("smtpd_relay_restrictions", "defer_if_permit, reject_unauth_destination"));
  CHECK_FALSE(defers("submission/inet/smtpd_relay_restrictions", "defer_if_reject, permit"));
}

TEST_CASE("master(5): a bare reject does not count in a service that takes no mail from other hosts",
          "[postfix][access]") {
  const auto of_service = [](const std::string& service) {
    return refusals_in({{service + "/smtpd_recipient_restrictions", "check_recipient_access hash:/a, reject"}});
  };
  CHECK(of_service("smtp/inet") == "reject in smtpd_recipient_restrictions unless hash:/a;");
  CHECK(of_service("192.0.2.1:25/inet") == "reject in smtpd_recipient_restrictions unless hash:/a;");
  CHECK(of_service("submission/inet").empty());
  CHECK(of_service("127.0.0.1:10025/inet").empty());
}

TEST_CASE("SMTPD_POLICY_README: a policy service in braces is not a table", "[postfix][access]") {
  CHECK(tables_in({{"smtpd_recipient_restrictions",
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
