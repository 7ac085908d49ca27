// The profile sendmail with a known sendmail.cf: its settings keep the recipients that they concern, and no others.
#include "primary/sendmail/sendmail_rules.h"

#include <fmt/format.h>

#include "primary/resolve.h"
#include "primary/sendmail/sendmail_obstacles.h"
#include "support/catch.h"
#include "support/map_files.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using enum SendmailConcern;

Primary sendmail_primary(SendmailRules rules) {
  Primary primary = primary_of({{"virtual@example.org", "ann@example.com"},
                                {"name@example.org", "dora"},
                                {"ann@virtual.example", "ann@example.com"},
                                {"@sub.virtual.example", "bob@example.com"}},
                               {{"ann", "ann@example.com"}, {"root", "carol"}});
  primary.profile = Profile::sendmail;
  primary.mailboxes = table_of({{"carol", "x"}, {"dora", "x"}});
  primary.sendmail = std::make_shared<const SendmailRules>(std::move(rules));
  return primary;
}

SendmailRules taking(SendmailConcern concern, LeafKind kind = LeafKind::not_followed) {
  SendmailRules rules;
  rules.obstacles.push_back({concern, kind, "it is taken"});
  return rules;
}

std::string ends_of(const Primary& primary, std::string_view recipient) {
  static const FixedHost host({"user", "ann", "bob"});
  std::string text;
  for (const Leaf& leaf : resolve(*Address::parse(recipient), primary, host).leaves) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}:{}", name_of(leaf.kind), leaf.address);
  }
  return text;
}

std::string ends_of(const SendmailRules& rules, std::string_view recipient) {
  return ends_of(sendmail_primary(rules), recipient);
}

}  // namespace

TEST_CASE("MAIL_HUB and LOCAL_RELAY take names without an alias, but not names of class L", "[primary][sendmail]") {
  SendmailRules rules = taking(not_own_user);
  CHECK(ends_of(rules, "ann@example.org") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "virtual@example.org") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "carol@example.org") == "not-followed:carol@example.org");
  CHECK(ends_of(rules, "root@example.org") == "not-followed:carol@example.org");
  CHECK(ends_of(rules, "nobody@example.org") == "not-followed:nobody@example.org");
  rules.own_users = {"carol"};
  CHECK(ends_of(rules, "carol@example.org") == "primary-mailbox:carol@example.org");
}

TEST_CASE("MAIL_HUB with stickyhost takes the whole domain, but no bare name", "[primary][sendmail]") {
  const SendmailRules rules = taking(local_address);
  CHECK(ends_of(rules, "ann@example.org") == "not-followed:ann@example.org");
  CHECK(ends_of(rules, "virtual@example.org") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "name@example.org") == "primary-mailbox:dora@example.org");
}

TEST_CASE("LUSER_RELAY takes names that are not users", "[primary][sendmail]") {
  SendmailRules rules = taking(not_user);
  CHECK(ends_of(rules, "carol@example.org") == "primary-mailbox:carol@example.org");
  CHECK(ends_of(rules, "nobody@example.org") == "not-followed:nobody@example.org");
  rules.own_users = {"nobody"};
  CHECK(ends_of(rules, "nobody@example.org") == "unknown-recipient:nobody@example.org");
}

TEST_CASE("LUSER_RELAY without a list of users: only a .forward shows that a name is a user", "[primary][sendmail]") {
  Primary primary = sendmail_primary(taking(not_user));
  primary.mailboxes.reset();
  CHECK(ends_of(primary, "carol@example.org") == "not-followed:carol@example.org");
  primary.sendmail = nullptr;
  CHECK(ends_of(primary, "carol@example.org") == "primary-mailbox:carol@example.org");
}

TEST_CASE("op.me, F=w: without it there are neither unknown users nor .forward files", "[primary][sendmail]") {
  Primary primary = sendmail_primary({});
  primary.forwards =
      ForwardFiles{"/f/%u", std::make_shared<MapFiles>(MapFiles::Texts{{"/f/carol", "user@example.com\n"}})};
  CHECK(ends_of(primary, "carol@example.org") == "local-mailbox:user@example.com");
  CHECK(ends_of(primary, "nobody@example.org") == "unknown-recipient:nobody@example.org");
  SendmailRules rules;
  rules.checks_users = false;
  primary.sendmail = std::make_shared<const SendmailRules>(std::move(rules));
  CHECK(ends_of(primary, "carol@example.org") == "primary-mailbox:carol@example.org");
  CHECK(ends_of(primary, "nobody@example.org") == "primary-mailbox:nobody@example.org");
}

TEST_CASE("a hub may take \\user too", "[primary][sendmail]") {
  Primary primary = sendmail_primary(taking(not_own_user));
  primary.aliases = table_of({{"list", "\\carol, ann@example.com"}});
  CHECK(ends_of(primary, "list@example.org").starts_with("not-followed:\\carol"));
  primary.sendmail = nullptr;
  CHECK(ends_of(primary, "list@example.org").starts_with("primary-mailbox:\\carol"));
}

TEST_CASE("userdb is asked for a name if no alias has the whole name, with its detail", "[primary][sendmail]") {
  const SendmailRules rules = taking(not_whole_alias);
  CHECK(ends_of(rules, "ann@example.org") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "ann+x@example.org") == "not-followed:ann+x@example.org");
  CHECK(ends_of(rules, "carol@example.org") == "not-followed:carol@example.org");
}

TEST_CASE("preserve_local_plus_detail concerns names with a detail", "[primary][sendmail]") {
  const SendmailRules rules = taking(plus_detail);
  CHECK(ends_of(rules, "ann@example.org") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "ann+x@example.org") == "not-followed:ann+x@example.org");
  CHECK(ends_of(rules, "carol@example.org") == "primary-mailbox:carol@example.org");
}

TEST_CASE("another ForwardPath concerns users without an alias", "[primary][sendmail]") {
  const SendmailRules rules = taking(not_alias);
  CHECK(ends_of(rules, "ann+x@example.org") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "carol@example.org") == "not-followed:carol@example.org");
}

TEST_CASE("mailertable is asked for the domain, its parents and \".\"", "[primary][sendmail]") {
  const auto routed = [](std::string key) {
    SendmailRules rules;
    rules.mailertable = table_of({{std::move(key), "smtp:[192.0.2.9]"}});
    return ends_of(rules, "ann@example.org");
  };
  CHECK(routed("example.com") == "not-followed:ann@example.com");
  CHECK(routed(".com") == "not-followed:ann@example.com");
  CHECK(routed(".") == "not-followed:ann@example.com");
  CHECK(routed(".example.com") == "local-mailbox:ann@example.com");
  CHECK(routed("example.org") == "local-mailbox:ann@example.com");
}

TEST_CASE("a mailertable that cannot be asked keeps every address that leaves the primary", "[primary][sendmail]") {
  SendmailRules rules;
  auto table = std::make_shared<MapTable>(std::map<std::string, std::string, std::less<>>{});
  table->broken_key = "example.com";
  rules.mailertable = TableList({table});
  CHECK(ends_of(rules, "ann@example.org") == "lookup-failed:ann@example.com");
  CHECK(ends_of(rules, "carol@example.org") == "primary-mailbox:carol@example.org");
}

TEST_CASE("SMART_HOST takes every address that leaves the primary", "[primary][sendmail]") {
  CHECK(ends_of(taking(outbound), "ann@example.org") == "not-followed:ann@example.com");
  CHECK(ends_of(taking(outbound), "carol@example.org") == "primary-mailbox:carol@example.org");
  CHECK(ends_of(taking(outbound, LeafKind::not_mirrored), "ann@example.org") == "not-mirrored:ann@example.com");
  CHECK(ends_of(taking(every_address), "carol@example.org") == "not-followed:carol@example.org");
}

TEST_CASE("LDAP routing, domaintable and bcctable are asked for each domain", "[primary][sendmail]") {
  SendmailRules rules;
  rules.ldap_domains = {"example.org"};
  CHECK(ends_of(rules, "ann@example.org") == "not-followed:ann@example.org");
  rules.ldap_domains = {"example.com"};
  CHECK(ends_of(rules, "ann@example.org") == "not-followed:ann@example.com");
  CHECK(ends_of(rules, "carol@example.org") == "primary-mailbox:carol@example.org");
  SendmailRules renamed;
  renamed.domaintable = table_of({{"example.com", "example.net"}});
  CHECK(ends_of(renamed, "ann@example.org") == "not-followed:ann@example.com");
  SendmailRules copied;
  for (const char* key : {"example.org", ".org", "org"}) {
    copied.bcctable = table_of({{key, "archive@example.net"}});
    CHECK(ends_of(copied, "ann@example.org") == "copied-elsewhere:ann@example.org");
  }
}

TEST_CASE("VIRTUSER_DOMAIN: the virtusertable is asked for domains that are not local", "[primary][sendmail]") {
  SendmailRules rules;
  CHECK(ends_of(rules, "ann@virtual.example") == "foreign-target:ann@virtual.example");
  rules.virtual_domains = {"virtual.example"};
  CHECK(ends_of(rules, "ann@virtual.example") == "local-mailbox:ann@example.com");
  CHECK(ends_of(rules, "dora@virtual.example") == "foreign-target:dora@virtual.example");
  CHECK(ends_of(rules, "any@sub.virtual.example") == "foreign-target:any@sub.virtual.example");
  rules.virtual_subdomains = true;
  CHECK(ends_of(rules, "any@sub.virtual.example") == "local-mailbox:bob@example.com");
}

TEST_CASE("addresses in a domain of the relay that class w lacks are kept as not-mirrored", "[primary][sendmail]") {
  Primary primary = sendmail_primary({});
  primary.rules.domains_to_be_listed = {"other.example"};
  CHECK(ends_of(primary, "ann@other.example") == "not-mirrored:ann@other.example");
}

TEST_CASE("blocklist_recipients: any entry but OK and RELAY keeps the recipient", "[primary][sendmail]") {
  const auto decided = [](std::string key, std::string value, std::string_view recipient = "ann@example.org") {
    SendmailRules rules;
    rules.access = table_of({{std::move(key), std::move(value)}});
    return ends_of(rules, recipient);
  };
  CHECK(decided("to:ann@example.org", "REJECT") == "not-followed:ann@example.org");
  CHECK(decided("ann@", "550 gone") == "not-followed:ann@example.org");
  CHECK(decided("to:example.org", "DISCARD") == "not-followed:ann@example.org");
  CHECK(decided("org", "REJECT") == "not-followed:ann@example.org");
  CHECK(decided("to:ann@example.org", "ERROR:5.2.1:550 gone", "ann+x@example.org") == "not-followed:ann+x@example.org");
  CHECK(decided("example.org", "RELAY") == "local-mailbox:ann@example.com");
  CHECK(decided("to:ann@", "OK") == "local-mailbox:ann@example.com");
  CHECK(decided("to:ann@example.com", "REJECT") == "local-mailbox:ann@example.com");
}

TEST_CASE("cf/README: DISCARD and QUARANTINE in the access map concern the whole message", "[primary][sendmail]") {
  const auto concerns = [](std::string value) {
    SendmailRules rules;
    rules.access = table_of({{"to:ann@example.org", "REJECT"}, {"to:example.org", std::move(value)}});
    const auto leaf = recipient_obstacle(Address::parse("ann@example.org").value(), true, rules, no_deadline);
    return (*leaf)->concerns_message;
  };
  CHECK(concerns("DISCARD"));
  CHECK(concerns("QUARANTINE:look at it"));
  for (const char* value : {"REJECT", "ERROR:5.2.1:550 gone", "550 gone", "RELAY"}) CHECK_FALSE(concerns(value));
}

TEST_CASE("MaxAliasRecursion of the primary is used", "[primary][sendmail]") {
  SendmailRules rules;
  rules.alias_recursion = 0;
  CHECK(ends_of(rules, "ann@example.org") == "limit:ann@example.com");
}

}  // namespace shorthop::test
