// The lists of domains in the primary's output of postconf(1): names, files, tables, exceptions.
#include "load/mirror/primary_postconf.h"
#include "support/catch.h"
#include "unit/load/postconf_answer.h"

namespace shorthop::test {

TEST_CASE("primary-postconf: a relay domain unknown to the primary is a warning", "[load][primary-postconf]") {
  CHECK(
      read("mydestination = example.net\nmyorigin = example.net\nmyhostname = h.example.net\n").said ==
      "postconf-n: warning: example.org is missing from mydestination, virtual_alias_domains, virtual_mailbox_domains "
      "and relay_domains: its recipients are kept (fix: check that the domain is spelled right, and that this is the "
      "complete output of postconf on the "
      "primary)\n");
  for (const char* relayed :
       {"example.org", "example.com, org", "$mydestination example.org hash:/etc/postfix/relayed"}) {
    CAPTURE(relayed);
    const Answer answer = read(
        "mydestination = example.net\nmyorigin = example.net\nmyhostname = h.example.net\n"
        "relay_domains = " +
        std::string(relayed) + "\n");
    CHECK(answer.said == "");
    CHECK(answer.facts.rules.lists("example.org", no_deadline) == true);
  }
  // The table may have it.
  const Answer table = read(
      "mydestination = example.net\nmyorigin = example.net\nmyhostname = h.example.net\n"
      "relay_domains = hash:/etc/postfix/relayed example.org\n");
  CHECK(table.facts.rules.lists("example.org", no_deadline).error().kind == FailureKind::not_mirrored);
  CHECK_FALSE(table.said.contains("is missing from"));
  for (const char* relayed : {"example.com", "!example.org, org", "rg"}) {
    CAPTURE(relayed);
    CHECK(read("mydestination = example.net\nmyorigin = example.net\nmyhostname = h.example.net\n"
               "relay_domains = " +
               std::string(relayed) + "\n")
              .said.contains("its recipients are kept"));
  }
}

TEST_CASE(
    "util/match_list.c: if a file or table in a list of domains is not here, only domains before it in the list are "
    "known",
    "[load][primary-postconf]") {
  const auto asked = [](const char* list, std::string_view domain) {
    return answer_of(read(std::string(usual) + "mydestination = " + list + "\n").facts.rules.local_domains, domain);
  };
  CHECK(asked("example.org hash:/etc/postfix/domains", "example.org") == "yes");
  CHECK(asked("example.org hash:/etc/postfix/domains", "example.net") == "not-mirrored");
  CHECK(asked("/etc/domains example.org", "example.org") == "not-mirrored");
  CHECK(asked("!example.org /etc/domains", "example.org") == "no");
  CHECK(asked("!/etc/not, example.org", "example.org") == "not-mirrored");
  const Answer file = read(std::string(usual) + "virtual_alias_domains = /etc/vdomains\n");
  CHECK(file.facts.unproven.empty());
  CHECK(file.said.contains(
      "virtual_alias_domains names /etc/vdomains, which is not on this host (no such file): "
      "recipients whose domain may be in it are kept (fix: write the domains themselves in its place)"));
}

TEST_CASE("util/match_list.c: files and tables in a list of domains are read if they are here",
          "[load][primary-postconf]") {
  const MapPrimaryFiles files({{"hash:/etc/postfix/domains", {{"one.example", "x"}}}},
                              {{"/etc/domains", "two.example !three.example\n# four.example\n"}});
  const auto asked = [&](const char* list, std::string_view domain) {
    const Answer answer =
        read(std::string(usual) + "virtual_mailbox_domains = " + list + "\n", relay_settings(), files);
    return answer_of(answer.facts.rules.virtual_mailbox_domains, domain);
  };
  CHECK(asked("hash:/etc/postfix/domains", "one.example") == "yes");
  CHECK(asked("hash:/etc/postfix/domains", "two.example") == "no");
  CHECK(asked("/etc/domains, hash:/etc/postfix/domains", "two.example") == "yes");
  CHECK(asked("/etc/domains, three.example", "three.example") == "no");
  CHECK(asked("/etc/domains", "four.example") == "no");
  CHECK(asked("!/etc/domains, two.example, example.net", "two.example") == "no");
}

TEST_CASE("util/match_list.c: a comment ends a list of domains, and each '!' negates", "[load][primary-postconf]") {
  const auto domains = [](const std::string& list) {
    return joined(read("alias_maps = hash:/etc/aliases\nmyhostname = h.example.net\nmydestination = " + list + "\n")
                      .facts.rules.local_domains);
  };
  CHECK(domains("localhost # example.org") == "localhost");
  CHECK(domains("localhost !!example.org") == "example.org localhost");
  CHECK(domains("!example.org example.org localhost") == "localhost");
}

TEST_CASE("ADDRESS_CLASS_README: without primary-postconf only domains in primary-domains have a class",
          "[load][primary-postconf]") {
  RelaySettings relay;
  relay.domains.value = {"example.org", "other.example"};
  relay.primary.value = "Mail.example.org";
  const PrimaryRules unknown = facts_without_postconf(relay).rules;
  CHECK(unknown.local_domains.empty());
  CHECK(joined(unknown.unsure_domains) == "example.org localhost mail.example.org other.example");
  CHECK(unknown.myorigin.empty());
  relay.primary_domains.value = {"example.org", "mail.example.org"};
  const PrimaryRules rules = facts_without_postconf(relay).rules;
  CHECK(joined(rules.local_domains) == "example.org mail.example.org");
  CHECK(joined(rules.unsure_domains) == "example.org localhost mail.example.org other.example");
  CHECK(rules.myorigin == "example.org");
}

TEST_CASE("profiles sendmail and flat: the relay's domains are local to the primary", "[load][primary-postconf]") {
  RelaySettings relay;
  relay.domains.value = {"example.org"};
  relay.primary.value = "mail.example.org";
  relay.profile.value = Profile::sendmail;
  const PrimaryRules rules = facts_without_postconf(relay).rules;
  CHECK(joined(rules.local_domains) == "example.org");
  CHECK(rules.myorigin == "example.org");
}

TEST_CASE("primary-domains is ignored with primary-postconf, and this is reported", "[load][primary-postconf]") {
  RelaySettings relay = relay_settings();
  relay.primary_domains = {{"other.example"}, {"example.org.conf", 4}};
  const Answer answer = read(usual, relay);
  CHECK(!answer.facts.rules.local_domains.has_name("other.example"));
  CHECK(answer.said.starts_with(
      "example.org.conf:4: warning: primary-domains is ignored, because the primary's postconf has mydestination"));
}

}  // namespace shorthop::test
