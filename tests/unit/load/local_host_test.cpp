// What this host, described by output of postconf, answers about domains, mailboxes and aliases.
#include "unit/load/described_host.h"

namespace shorthop::test {
namespace {

constexpr const char* plain_postfix =
    "mydestination = mail.example.com, Example.com, localhost.example.com, localhost\n"
    "myorigin = example.com\n"
    "local_recipient_maps = inline:{ user=x, root=x } static:{}\n"
    "recipient_delimiter = +\n"
    "virtual_alias_domains =\n";

}  // namespace

TEST_CASE("postconf(5) mydestination: names, folded; parent domains do not match", "[load][host]") {
  const Host host(plain_postfix);
  CHECK(host.is_local_domain("example.com") == "yes");
  CHECK(host.is_local_domain("mail.example.com") == "yes");
  CHECK(host.is_local_domain("sub.example.com") == "no");
  CHECK(host.is_local_domain("com") == "no");
  CHECK(host.is_local_domain("example.org") == "no");
}

TEST_CASE("localhost and the like in a target of another host do not mean this host", "[load][host]") {
  const Host host("mydestination = localhost, localhost.example.com, localhost.localdomain, mail, a.localdomain\n");
  for (const char* name : {"localhost", "localhost.example.com", "localhost.localdomain", "mail", "a.localdomain"}) {
    CHECK(host.is_local_domain(name) == "no");
  }
  CHECK(host.has_mailbox("root@localhost") == "no");
  Settings settings;
  settings.local_domains.value = {"localhost", "example.com"};
  settings.local_recipients.value = {{"static", "x"}};
  const Host explicit_host("", settings);
  CHECK(explicit_host.is_local_domain("localhost") == "no");
  CHECK(explicit_host.is_local_domain("example.com") == "yes");
}

TEST_CASE("postconf(5) mydestination: !pattern, /file/name, type:table; the first match decides", "[load][host]") {
  const Host host(
      "mydestination = !no.example /etc/domains !/etc/not inline:{ t.example=x, not.example=x } no.example "
      "late.example\n"
      "local_recipient_maps = static:x\n",
      Host::from_postfix(),
      {{"/etc/domains", "# comment\na.example, b.example # rest\nno.example\n!c.example\n"},
       {"/etc/not", "not.example\n!late.example\n"}});
  CHECK(host.is_local_domain("no.example") == "no");
  CHECK(host.is_local_domain("a.example") == "yes");
  CHECK(host.is_local_domain("b.example") == "yes");
  CHECK(host.is_local_domain("c.example") == "no");
  CHECK(host.is_local_domain("not.example") == "no");
  CHECK(host.is_local_domain("t.example") == "yes");
  CHECK(host.is_local_domain("late.example") == "yes");
  CHECK(host.warnings.empty());
}

TEST_CASE("in a list, patterns after an unreadable file fail, and there is a warning", "[load][host]") {
  const Host host("mydestination = a.example /etc/domains b.example\n");
  CHECK(host.is_local_domain("a.example") == "yes");
  CHECK(host.is_local_domain("b.example") == "failed: /etc/domains: no such file");
  CHECK(text_of(host.warnings)
            .starts_with("/etc/domains: warning: this host's mydestination: no such file; recipients that may be in it "
                         "are kept (fix: let the user of shorthopd read it)"));
}

TEST_CASE("smtpd(8): local_recipient_maps is asked for a recipient in mydestination, with and without its domain",
          "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = example.com\nrecipient_delimiter = +\n"
      "local_recipient_maps = inline:{ user=x, whole@example.com=x } proxy:inline:{ second=x }\n");
  CHECK(host.has_mailbox("user@example.com") == "yes");
  CHECK(host.has_mailbox("USER@Example.COM") == "yes");
  CHECK(host.has_mailbox("user+ext@example.com") == "yes");
  CHECK(host.has_mailbox("whole@example.com") == "yes");
  CHECK(host.has_mailbox("second@example.com") == "yes");
  CHECK(host.has_mailbox("nobody@example.com") == "no");
  CHECK(host.has_mailbox("user@example.org") == "no");
  CHECK(host.warnings.empty());
}

TEST_CASE("postconf(5) recipient_delimiter: if there is none, an extension is part of the name", "[load][host]") {
  const Host host("mydestination = example.com\nlocal_recipient_maps = inline:{ user=x }\nrecipient_delimiter =\n");
  CHECK(host.has_mailbox("user+ext@example.com") == "no");
}

TEST_CASE("with an empty local_recipient_maps, no user is known to exist, and there is a warning", "[load][host]") {
  const Host host("mydestination = example.com\nlocal_recipient_maps =\n");
  CHECK(host.has_mailbox("user@example.com") == "no");
  CHECK(text_of(host.warnings).contains("local_recipient_maps is empty"));
}

TEST_CASE(
    "with an empty virtual_mailbox_maps, no mailbox is known to exist; if there are virtual aliases, this is only a "
    "note",
    "[load][host]") {
  const std::string mailboxes = std::string(plain_postfix) + "virtual_mailbox_domains = box.example\n";
  const Host host(mailboxes);
  CHECK(host.has_mailbox("user@box.example") == "no");
  REQUIRE(host.warnings.size() == 1);
  CHECK(host.warnings[0].severity == Severity::warning);
  CHECK(host.warnings[0].text().contains("virtual_mailbox_maps is empty, so no mailbox"));
  const Host with_aliases(mailboxes + "virtual_alias_maps = inline:{ user@box.example=user@box.example }\n");
  CHECK(with_aliases.has_mailbox("user@box.example") == "yes");
  REQUIRE(with_aliases.warnings.size() == 1);
  CHECK(with_aliases.warnings[0].severity == Severity::note);
  CHECK(Host(mailboxes + "virtual_mailbox_maps = inline:{ user@box.example=x }\n").warnings.empty());
}

TEST_CASE("smtpd(8): virtual mailbox domains and their tables", "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
      "virtual_mailbox_domains = box.example, empty.example\n"
      "virtual_mailbox_maps = inline:{ ann@box.example=ann/, @catch.example=x, user=x }\n"
      "recipient_delimiter = +\n");
  CHECK(host.is_local_domain("box.example") == "yes");
  CHECK(host.has_mailbox("ann@box.example") == "yes");
  CHECK(host.has_mailbox("ann+x@box.example") == "yes");
  CHECK(host.has_mailbox("user@box.example") == "no");
  CHECK(host.has_mailbox("ann@empty.example") == "no");
  const Host empty("mydestination =\nvirtual_mailbox_domains = box.example\nvirtual_mailbox_maps =\n");
  CHECK(empty.has_mailbox("ann@box.example") == "no");
}

TEST_CASE("postconf(5) virtual_alias_domains: by default the keys of virtual_alias_maps", "[load][host]") {
  const Host host(
      "mydestination = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
      "virtual_alias_maps = inline:{ alias.example=x, ann@alias.example=user }\n"
      "virtual_alias_domains = inline:{ alias.example=x, ann@alias.example=user }\n");
  CHECK(host.is_local_domain("alias.example") == "yes");
  CHECK(host.has_mailbox("ann@alias.example") == "yes");
  CHECK(host.has_mailbox("user@alias.example") == "no");
  CHECK(host.maps_to_another_address("ann@alias.example") == "yes");
  CHECK(host.maps_to_another_address("user@example.com") == "no");
}

TEST_CASE("smtpd(8) accepts the keys of canonical and virtual alias tables", "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
      "canonical_maps = inline:{ old@example.com=user }\n"
      "recipient_canonical_maps = inline:{ older=user }\n"
      "virtual_alias_maps = inline:{ team@example.com=user }\n");
  for (const char* known : {"old@example.com", "older@example.com", "team@example.com"}) {
    CHECK(host.has_mailbox(known) == "yes");
    CHECK(host.maps_to_another_address(known) == "yes");
  }
  CHECK(host.maps_to_another_address("older@example.org") == "no");
  CHECK(host.has_mailbox("nobody@example.com") == "no");
}

TEST_CASE("an alias of this host that leads to another host is found at any depth", "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = example.com\nrecipient_delimiter = +\nlocal_recipient_maps = static:x\n"
      "alias_maps = inline:{ office=erin, back=a@example.org, far=back, robot=|x, list=:include:/x, ring=ring2, "
      "ring2=ring }\n"
      "virtual_alias_maps = inline:{ vip@example.com=frank, out@example.com=ann@example.net, on@example.com=far }\n");
  for (const char* here : {"erin@example.com", "office@example.com", "office+x@example.com", "vip@example.com",
                           "robot@example.com", "ring@example.com"}) {
    INFO(here);
    CHECK(host.alias_obstacle(here) == "no");
  }
  for (const char* there : {"back@example.com", "Back+x@example.com", "far@example.com", "out@example.com",
                            "on@example.com", "list@example.com", "a@example.org"}) {
    INFO(there);
    CHECK(host.alias_obstacle(there) == "foreign-target");
  }
  const Host broken("mydestination = example.com\nlocal_recipient_maps = static:x\nalias_maps = hash:/missing\n");
  CHECK(broken.alias_obstacle("erin@example.com") == "no");
  CHECK(broken.alias_obstacle("erin@example.com", false) == "not-followed");
}

TEST_CASE("Sendmail here: a mailbox that is an alias of this host may lead back", "[load][host]") {
  const auto kind_with = [](const std::string& own) -> std::string {
    Settings settings;
    settings.file = "shorthop.conf";
    settings.local_domains.value = {"example.com"};
    settings.local_recipients.value = {{"static", "x"}};
    if (!own.empty()) settings.local_aliases.value = {*TableName::parse(own)};
    return Host("", settings).alias_obstacle("User+box@example.com");
  };
  CHECK(kind_with("") == "no");
  CHECK(kind_with("inline:{ ann=user@example.org }") == "no");
  for (const char* key : {"user", "user+*", "user+box"}) {
    CHECK(kind_with("inline:{ " + std::string(key) + "=user@example.org }") == "loop");
  }
  CHECK(kind_with("hash:/missing") == "not-mirrored");
}

TEST_CASE("recipient_bcc_maps: the look-up of a mailbox whose mail is copied elsewhere fails", "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = example.com\nlocal_recipient_maps = inline:{ user=x, ann=x, bob=x }\n"
      "canonical_maps = inline:{ bob@example.com=ann }\nrecipient_delimiter = +\n"
      "virtual_alias_maps = inline:{ vip@example.com=ann }\n"
      "recipient_bcc_maps = inline:{ ann@example.com=archive }\n");
  CHECK(host.has_mailbox("user@example.com") == "yes");
  CHECK(host.has_mailbox("vip@example.com") == "yes");  // aliases are expanded later, without copies (cleanup(8))
  CHECK(host.has_mailbox("ann@example.com").starts_with("failed: recipient_bcc_maps of this host"));
  CHECK(host.has_mailbox("ann+x@example.com").starts_with("failed: recipient_bcc_maps of this host"));
  CHECK(host.has_mailbox("bob@example.com").starts_with("failed: recipient_bcc_maps of this host"));
  CHECK(host.has_mailbox("ann@example.org") == "no");
}

TEST_CASE("recipient_bcc_maps: an entry for a relayed recipient copies its mail, also with an extension",
          "[load][host]") {
  const Host host(std::string(plain_postfix) + "recipient_bcc_maps = inline:{ info@example.org=archive }\n");
  CHECK(shown(host.host->copies(address("info+x@example.org"), no_deadline)) == "yes");
  CHECK(shown(host.host->copies(address("ann@example.org"), no_deadline)) == "no");
}

TEST_CASE("cleanup(8): without original recipients or ORCPT, this host merges the copies of a message",
          "[load][host]") {
  const auto merges = [](const char* setting) {
    return Host(plain_postfix + std::string(setting)).host->merges_copies();
  };
  for (const char* setting : {"", "enable_original_recipient = yes\n", "smtpd_discard_ehlo_keywords = etrn, chunking\n",
                              "smtp_discard_ehlo_keywords = dsn\n", "content_filter = \n"}) {
    INFO(setting);
    CHECK_FALSE(merges(setting));
  }
  for (const char* setting :
       {"enable_original_recipient = no\n", "smtpd_discard_ehlo_keywords = silent-discard, DSN\n",
        "smtpd_discard_ehlo_keyword_address_maps = cidr:/x\n", "smtp/inet/smtpd_discard_ehlo_keywords = dsn\n",
        "content_filter = scan:[127.0.0.1]:10024\n", "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10024\n"}) {
    INFO(setting);
    CHECK(merges(setting));
  }
}

TEST_CASE("masquerade_domains: a subdomain of a relay domain may be rewritten here", "[load][host]") {
  const Host host(std::string(plain_postfix) + "masquerade_domains = example.org\n");
  CHECK(host.maps_to_another_address("info@sub.example.org") == "yes");
  CHECK(host.maps_to_another_address("info@example.org") == "no");
}

TEST_CASE("canonical_maps: a target may be rewritten to another target of the same recipient", "[load][host]") {
  const Host host(std::string(plain_postfix) +
                  "recipient_canonical_maps = inline:{ admin@example.com=root }\n"
                  "canonical_maps = inline:{ root@example.com=user, frank@example.com=Gus@example.com }\n");
  CHECK(host.merging_obstacle({"root@example.com", "user@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"user@example.com", "ADMIN@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"gus@example.com", "frank@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"root@example.com"}) == "no");
  CHECK(host.merging_obstacle({"root@example.com", "frank@example.com", "ann@example.com"}) == "no");
}

TEST_CASE("canonical_maps: an extension is propagated, and \"@domain\" keeps the local part of the address",
          "[load][host]") {
  const std::string tables = "canonical_maps = inline:{ root@example.com=user, @mail.example.com=@example.com }\n";
  const Host dropping(plain_postfix + tables + "propagate_unmatched_extensions =\n");
  CHECK(dropping.merging_obstacle({"root+x@example.com", "user@example.com"}) == "not-followed");
  CHECK(dropping.merging_obstacle({"root+x@example.com", "user+x@example.com"}) == "no");
  const Host host(plain_postfix + tables + "propagate_unmatched_extensions = canonical, virtual\n");
  CHECK(host.merging_obstacle({"root+x@example.com", "user@example.com"}) == "no");
  CHECK(host.merging_obstacle({"root+x@example.com", "user+x@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"bob@mail.example.com", "Bob@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"bob@mail.example.com", "ann@example.com"}) == "no");
  const Host broken(std::string(plain_postfix) + "canonical_maps = hash:/etc/postfix/missing\n");
  CHECK(broken.merging_obstacle({"ann@example.com", "bob@example.com"}) != "no");
}

TEST_CASE("a value that master.cf sets for one service is not followed, so every recipient is kept", "[load][host]") {
  const auto rewrites_with = [](const std::string& override) {
    const Host host(std::string(plain_postfix) + "virtual_alias_maps = inline:{ vip@example.com=user }\n" + override);
    return host.maps_to_another_address("info@example.org");
  };
  CHECK(rewrites_with("") == "no");
  CHECK(rewrites_with("127.0.0.1:10025/inet/virtual_alias_maps =\n") == "no");
  CHECK(rewrites_with("smtp/inet/virtual_alias_maps =\n").starts_with("failed: smtp/inet/virtual_alias_maps in"));
  CHECK(rewrites_with("alias_maps = hash:/a\nsmtp/inet/alias_maps =\n").starts_with("failed: smtp/inet/alias_maps in"));
  CHECK(rewrites_with("smtp/inet/local_recipient_maps =\n") == "no");
  CHECK(rewrites_with("smtp/inet/virtual_alias_maps = inline:{ vip@example.com=user }\n") == "no");
  CHECK(rewrites_with("cleanup/unix/virtual_alias_maps = inline:{ info@example.org=user }\n") ==
        "failed: cleanup/unix/virtual_alias_maps in this host's master.cf is not followed");
  for (const std::string name : {"relay/unix/smtp_generic_maps", "local/unix/alias_maps", "rewrite/unix/transport_maps",
                                 "rewrite/unix/relocated_maps", "local/unix/recipient_delimiter"}) {
    CHECK(rewrites_with(name + " = hash:/x\n") == "failed: " + name + " in this host's master.cf is not followed");
  }
  CHECK(rewrites_with("submission/inet/smtpd_relay_restrictions = reject\n") == "no");
}

TEST_CASE("smtpd_command_filter, smtp_reply_filter: an added recipient has not passed it", "[load][host]") {
  const std::string parameter = GENERATE("smtpd_command_filter", "smtp/inet/smtpd_command_filter", "smtp_reply_filter");
  const Host host(std::string(plain_postfix) + parameter + " = regexp:/commands\n");
  CHECK(host.maps_to_another_address("user@example.org")
            .starts_with("failed: " + parameter + " of this host may change "));
  CHECK(host.warnings.size() == 1);
  CHECK(Host(std::string(plain_postfix) + parameter + " =\n").maps_to_another_address("user@example.org") == "no");
}

namespace {

/// "MAILER>NEXTHOP", or why the route is not known.
std::string route_by(const Host& host, std::string_view recipient) {
  const auto found = host.host->route_of(address(recipient), no_deadline);
  if (!found) return "failed: " + found.error().text();
  return *found ? (*found)->mailer + ">" + (*found)->next_hop : "none";
}

}  // namespace

TEST_CASE("ADDRESS_CLASS_README: without an entry in transport_maps, the class of an address decides its route",
          "[load][host]") {
  const std::string usual =
      "mydestination = example.com\nvirtual_alias_domains = alias.example\nvirtual_mailbox_domains = box.example\n"
      "relay_domains = example.org\nparent_domain_matches_subdomains = relay_domains\nlocal_transport = local:$h\n"
      "virtual_transport = virtual\nrelay_transport = relay\ndefault_transport = smtp\n";
  const Host plain(usual);
  CHECK(route_by(plain, "user@example.com") == "local>$h");
  CHECK(route_by(plain, "user@alias.example") == "error>");
  CHECK(route_by(plain, "user@box.example") == "virtual>");
  CHECK(route_by(plain, "user@example.org") == "relay>");
  CHECK(route_by(plain, "user@sub.example.org") == "relay>");
  CHECK(route_by(plain, "user@example.net") == "smtp>");
  const Host sends_on(usual +
                      "relayhost = [out.example.net]\ntransport_maps = inline:{ { ann@example.org = smtp: }, "
                      "{ bob@example.org = :[in.example.org] }, { user@alias.example = smtp: } }\n");
  CHECK(route_by(sends_on, "user@example.com") == "local>$h");
  CHECK(route_by(sends_on, "user@box.example") == "virtual>");
  CHECK(route_by(sends_on, "user@example.org") == "relay>[out.example.net]");
  CHECK(route_by(sends_on, "ann@example.org") == "smtp>");
  CHECK(route_by(sends_on, "bob@example.org") == "relay>[in.example.org]");
  CHECK(route_by(sends_on, "user@alias.example") == "error>");
  const Host has_next_hop(usual + "relayhost = [out.example.net]\nrelay_transport = smtp:[192.0.2.7]\n");
  CHECK(route_by(has_next_hop, "user@example.org") == "smtp>[192.0.2.7]");
  const Host by_sender(usual + "sender_dependent_default_transport_maps = static:x\n");
  CHECK(route_by(by_sender, "user@example.org") == "relay>");
  CHECK(route_by(by_sender, "user@example.net").starts_with("failed: sender_dependent_*"));
}

TEST_CASE("transport(5), relocated(5): an entry of this host for a relayed address decides its route, or keeps it",
          "[load][host]") {
  const Host host(std::string(plain_postfix) +
                  "transport_maps = inline:{ { ann@example.org = smtp : [mail.example.net]:26 }, { .org = : } }\n"
                  "relocated_maps = inline:{ { bob@example.org = bob@example.net } }\n");
  const auto route = [&](std::string_view recipient) { return route_by(host, recipient); };
  CHECK(route("Ann@example.org") == "smtp>[mail.example.net]:26");
  CHECK(route("carl@example.org") == ">");
  CHECK(route("carl@example.net") == ">");
  CHECK(route("bob@example.org") == "failed: relocated_maps of this host has the address");
}

TEST_CASE("this host's tables of patterns: smtpd(8) asks in lower case, cleanup(8) and trivial-rewrite(8) as written",
          "[load][host]") {
  const Host host(
      "mydestination = example.com\nlocal_recipient_maps = regexp:{ { /^ann@/i x } { /^Bob@/i x } }\n"
      "virtual_alias_maps = regexp:{ { /^Carl@/i ann } }\ntransport_maps = regexp:{ { /^Dora@/i smtp:[192.0.2.77] } "
      "}\n");
  CHECK(host.has_mailbox("Ann@example.com") == "yes");
  CHECK(host.has_mailbox("Bob@example.com") == "no");
  CHECK(host.has_mailbox("Carl@example.com") == "no");
  CHECK(host.maps_to_another_address("Carl@example.com") == "yes");
  CHECK(host.maps_to_another_address("carl@example.com") == "no");
  CHECK(host.host->route_of(address("Dora@example.org"), no_deadline).value()->mailer == "smtp");
  CHECK(host.host->route_of(address("dora@example.org"), no_deadline).value()->mailer.empty());
}

TEST_CASE("a look-up that no readable table answers fails, and there is a warning", "[load][host]") {
  const Host host("mydestination = example.com\nlocal_recipient_maps = inline:{ user=x } netinfo:/aliases\n");
  CHECK(host.has_mailbox("user@example.com") == "yes");
  CHECK(host.has_mailbox("nobody@example.com").starts_with("failed: netinfo:/aliases"));
  REQUIRE(host.warnings.size() == 1);
  CHECK(host.warnings.front().text().starts_with(
      "netinfo:/aliases: warning: this host's local_recipient_maps: unsupported table type ("));
  const Host aliased(
      "mydestination = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
      "virtual_alias_maps = texthash:/etc/postfix/virtual\n");
  CHECK(aliased.has_mailbox("user@example.com") == "yes");
  CHECK(aliased.has_mailbox("nobody@example.com").starts_with("failed: texthash:/etc/postfix/virtual"));
  CHECK(aliased.maps_to_another_address("user@example.com").starts_with("failed: "));
}

TEST_CASE("NON_BERKELEYDB_README: hash: tables of this host that its Postfix reads as lmdb:", "[load][host]") {
  const Host host(std::string(plain_postfix) +
                  "alias_maps = hash:/nonexistent/aliases\nvirtual_alias_maps = btree:/nonexistent/virtual\n"
                  "non_bdb_migration_level = enable-reindex\ndefault_database_type = lmdb\n");
  const std::string said = text_of(host.warnings);
  CHECK(said.contains("/nonexistent/aliases.lmdb"));
  CHECK(said.contains("default_cache_db_type does not say what replaces btree:"));
  CHECK_FALSE(said.contains(".db"));
  CHECK(host.maps_to_another_address("ann@example.org").starts_with("failed: "));
}

TEST_CASE("if the file of myorigin cannot be read, an entry without a domain may apply", "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = /etc/mailname\nlocal_recipient_maps = inline:{ user=x }\n"
      "virtual_mailbox_domains = box.example\n"
      "virtual_mailbox_maps = inline:{ user@box.example=x, ann@box.example=x, bob=x }\n"
      "virtual_alias_maps = inline:{ user=bob@example.net }\n");
  CHECK(host.has_mailbox("ann@box.example") == "yes");
  CHECK(host.has_mailbox("bob@box.example").starts_with("failed: an entry without a domain may apply"));
  CHECK(host.has_mailbox("user@example.com") == "yes");
  CHECK(host.maps_to_another_address("ann@box.example") == "no");
  CHECK(host.maps_to_another_address("user@box.example").starts_with("failed: an entry without a domain may apply"));
}

TEST_CASE("Debian: myorigin may name a file", "[load][host]") {
  const Host host(
      "mydestination =\nmyorigin = /etc/mailname\nvirtual_mailbox_domains = Origin.example\n"
      "virtual_mailbox_maps = inline:{ user=x }\n",
      Host::from_postfix(), {{"/etc/mailname", "origin.Example\n"}});
  CHECK(host.has_mailbox("user@origin.example") == "yes");
}

}  // namespace shorthop::test
