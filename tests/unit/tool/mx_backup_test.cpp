// permit_mx_backup: whether Postfix relays domains whose MX records name it as a backup.
#include "tool/doctor/mx_backup.h"
#include "support/catch.h"

using namespace shorthop;
using namespace shorthop::tool;

namespace {

PostfixFacts postfix(const std::string& relay, const std::string& recipient) {
  PostfixFacts facts;
  facts.values = {{"smtpd_relay_restrictions", relay}, {"smtpd_recipient_restrictions", recipient}};
  return facts;
}

std::string permitting(const std::string& relay, const std::string& recipient) {
  return mx_backup_of(postfix(relay, recipient)).parameter;
}

}  // namespace

TEST_CASE("permit_mx_backup counts if it comes before every rejection, in every list", "[tool][mx_backup]") {
  CHECK(permitting("", "").empty());
  CHECK(permitting("", "permit_mynetworks, permit_mx_backup, reject") == "smtpd_recipient_restrictions");
  CHECK(permitting("permit_mx_backup reject_unauth_destination", "") == "smtpd_relay_restrictions");
  CHECK(permitting("permit_mynetworks, defer_unauth_destination", "permit_mx_backup, reject").empty());
  CHECK(permitting("permit_mx_backup", "reject_unauth_destination").empty());
  CHECK(permitting("reject_unauth_destination permit_mx_backup", "").empty());
  CHECK(permitting("warn_if_reject reject_unauth_destination permit_mx_backup", "") == "smtpd_relay_restrictions");
  CHECK(permitting("check_client_access { cidr:/x, default_action=DUNNO } permit_mx_backup", "") ==
        "smtpd_relay_restrictions");
}

TEST_CASE("a restriction class is replaced by its list, even one that names itself", "[tool][mx_backup]") {
  PostfixFacts facts = postfix("backups, reject", "");
  facts.values["smtpd_restriction_classes"] = "backups";
  CHECK_FALSE(mx_backup_of(facts).is_permitted);
  facts.values["backups"] = "permit_mx_backup";
  CHECK(mx_backup_of(facts).is_permitted);
  facts.values["backups"] = "backups";
  CHECK_FALSE(mx_backup_of(facts).is_permitted);
  // "permit" in a class also ends the list that names the class.
  facts.values["smtpd_relay_restrictions"] = "backups, permit_mx_backup";
  facts.values["backups"] = "permit";
  CHECK_FALSE(mx_backup_of(facts).is_permitted);
}

TEST_CASE("-o of the public smtpd is used, -o of submission is not", "[tool][mx_backup]") {
  PostfixFacts facts = postfix("reject_unauth_destination", "");
  const std::string option = " -o smtpd_relay_restrictions=permit_mx_backup,reject\n";
  facts.services = parse_master_services("smtp inet n - y - - smtpd" + option);
  CHECK(mx_backup_of(facts).is_permitted);
  facts.services = parse_master_services("smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd" + option);
  CHECK_FALSE(mx_backup_of(facts).is_permitted);
}

TEST_CASE("is_in_networks() follows the syntax of mynetworks, and does not know what is in a table",
          "[tool][mx_backup]") {
  const std::vector<std::string> networks = {"!192.0.2.9", "192.0.2.0/28", "[2001:db8::]/32", "[2001:db9::1]"};
  CHECK(is_in_networks("192.0.2.1", networks) == true);
  CHECK(is_in_networks("192.0.2.9", networks) == false);
  CHECK(is_in_networks("192.0.2.16", networks) == false);
  CHECK(is_in_networks("2001:db8:1::5", networks) == true);
  CHECK(is_in_networks("2001:db9::1", networks) == true);
  CHECK(is_in_networks("2001:db9::2", networks) == false);
  CHECK(is_in_networks("192.0.2.1", {"cidr:/etc/postfix/networks"}) == std::nullopt);
  CHECK(is_in_networks("192.0.2.1", {"192.0.2.1", "/etc/networks"}) == true);
  CHECK(is_in_networks("mail.example.org", networks) == std::nullopt);
}
