// This host, described by output of postconf or by explicit settings, answers questions.
#include "load/local_host.h"

#include "load/load_local_host.h"
#include "support/catch.h"
#include "support/load_sources.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

Backends backends;

Address address(std::string_view text) {
  auto parsed = Address::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

std::string shown(const std::expected<bool, LookupFailure>& answer) {
  return answer ? (*answer ? "yes" : "no") : "failed: " + answer.error().what;
}

/// A host from settings and, if there is a text, from Postfix.
struct Host {
  explicit Host(const std::string& postconf_text, const Settings& settings = from_postfix(),
                MapFiles::Texts texts = {}) {
    const MapFiles files(std::move(texts));
    TableOpener opener(files, backends);
    host = load_local_host(settings, files, TextPostconf(postconf_text), opener, problems, warnings).host;
  }

  static Settings from_postfix() {
    Settings settings;
    settings.file = "shorthop.conf";
    settings.postfix_config = "/etc/postfix";
    return settings;
  }

  std::string local(std::string_view domain) const { return shown(host->is_local_domain(domain, no_deadline)); }
  std::string has_mailbox(std::string_view recipient) const {
    return shown(host->has_mailbox(address(recipient), no_deadline));
  }
  std::string rewrites(std::string_view recipient) const {
    return shown(host->rewrites(address(recipient), no_deadline));
  }

  /// The reason to keep that an alias of this host is, or "no".
  std::string alias_obstacle(std::string_view mailbox, bool is_only_target = true) const {
    const auto obstacle = host->alias_obstacle(address(mailbox), is_only_target, no_deadline);
    return obstacle ? std::string(name_of(obstacle->kind)) : "no";
  }

  std::shared_ptr<const LocalHost> host;
  Diagnostics problems;
  Diagnostics warnings;
};

constexpr const char* plain_postfix =
    "mydestination = mail.example.com, Example.com, localhost.example.com, localhost\n"
    "myorigin = example.com\n"
    "local_recipient_maps = inline:{ user=x, root=x } static:{}\n"
    "recipient_delimiter = +\n"
    "virtual_alias_domains =\n";

}  // namespace

TEST_CASE("postconf(5) mydestination: names, folded; parent domains do not match", "[load][host]") {
  const Host host(plain_postfix);
  CHECK(host.local("example.com") == "yes");
  CHECK(host.local("mail.example.com") == "yes");
  CHECK(host.local("sub.example.com") == "no");
  CHECK(host.local("com") == "no");
  CHECK(host.local("example.org") == "no");
}

TEST_CASE("a name that is local to every host does not mean this host in another host's target", "[load][host]") {
  const Host host("mydestination = localhost, localhost.example.com, localhost.localdomain, mail, a.localdomain\n");
  for (const char* name : {"localhost", "localhost.example.com", "localhost.localdomain", "mail", "a.localdomain"}) {
    CHECK(host.local(name) == "no");
  }
  CHECK(host.has_mailbox("root@localhost") == "no");
  Settings settings;
  settings.local_domains.value = {"localhost", "example.com"};
  settings.local_recipients.value = {{"static", "x"}};
  const Host explicit_host("", settings);
  CHECK(explicit_host.local("localhost") == "no");
  CHECK(explicit_host.local("example.com") == "yes");
}

TEST_CASE("postconf(5) mydestination: !pattern, /file/name, type:table; the first match decides", "[load][host]") {
  const Host host(
      "mydestination = !no.example /etc/domains !/etc/not inline:{ t.example=x, not.example=x } no.example "
      "late.example\n"
      "local_recipient_maps = static:x\n",
      Host::from_postfix(),
      {{"/etc/domains", "# comment\na.example, b.example # rest\nno.example\n!c.example\n"},
       {"/etc/not", "not.example\n!late.example\n"}});
  CHECK(host.local("no.example") == "no");
  CHECK(host.local("a.example") == "yes");
  CHECK(host.local("b.example") == "yes");
  CHECK(host.local("c.example") == "no");
  CHECK(host.local("not.example") == "no");
  CHECK(host.local("t.example") == "yes");
  CHECK(host.local("late.example") == "yes");
  CHECK(host.warnings.empty());
}

TEST_CASE("a list with an unreadable file fails from there on, and that is a warning", "[load][host]") {
  const Host host("mydestination = a.example /etc/domains b.example\n");
  CHECK(host.local("a.example") == "yes");
  CHECK(host.local("b.example") == "failed: /etc/domains: no such file");
  CHECK(text_of(host.warnings)
            .starts_with("/etc/domains: warning: this host's mydestination: no such file (until it can be read, "));
}

TEST_CASE("smtpd(8): a recipient of mydestination is in local_recipient_maps, bare or whole", "[load][host]") {
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

TEST_CASE("an empty local_recipient_maps proves nothing: all users are unknown, with a warning", "[load][host]") {
  const Host host("mydestination = example.com\nlocal_recipient_maps =\n");
  CHECK(host.has_mailbox("user@example.com") == "no");
  CHECK(text_of(host.warnings).contains("local_recipient_maps is empty"));
}

TEST_CASE("smtpd(8): virtual mailbox domains and their tables", "[load][host]") {
  const Host host(
      "mydestination = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
      "virtual_mailbox_domains = box.example, empty.example\n"
      "virtual_mailbox_maps = inline:{ ann@box.example=ann/, @catch.example=x, user=x }\n"
      "recipient_delimiter = +\n");
  CHECK(host.local("box.example") == "yes");
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
  CHECK(host.local("alias.example") == "yes");
  CHECK(host.has_mailbox("ann@alias.example") == "yes");
  CHECK(host.has_mailbox("user@alias.example") == "no");
  CHECK(host.rewrites("ann@alias.example") == "yes");
  CHECK(host.rewrites("user@example.com") == "no");
}

TEST_CASE("smtpd(8) accepts the keys of canonical and virtual alias tables", "[load][host]") {
  const Host host(
      "mydestination = example.com\nmyorigin = example.com\nlocal_recipient_maps = inline:{ user=x }\n"
      "canonical_maps = inline:{ old@example.com=user }\n"
      "recipient_canonical_maps = inline:{ older=user }\n"
      "virtual_alias_maps = inline:{ team@example.com=user }\n");
  for (const char* known : {"old@example.com", "older@example.com", "team@example.com"}) {
    CHECK(host.has_mailbox(known) == "yes");
    CHECK(host.rewrites(known) == "yes");
  }
  CHECK(host.rewrites("older@example.org") == "no");
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

TEST_CASE("recipient_bcc_maps: a recipient whose copies are sent elsewhere is not certain", "[load][host]") {
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

TEST_CASE("recipient_bcc_maps: whether this host sends a copy of mail that it relays", "[load][host]") {
  const Host host(std::string(plain_postfix) + "recipient_bcc_maps = inline:{ info@example.org=archive }\n");
  CHECK(shown(host.host->copies(address("info+x@example.org"), no_deadline)) == "yes");
  CHECK(shown(host.host->copies(address("ann@example.org"), no_deadline)) == "no");
}

TEST_CASE("masquerade_domains: a subdomain of a relay domain may be rewritten here", "[load][host]") {
  const Host host(std::string(plain_postfix) + "masquerade_domains = example.org\n");
  CHECK(host.rewrites("info@sub.example.org") == "yes");
  CHECK(host.rewrites("info@example.org") == "no");
}

TEST_CASE("canonical_maps: one of several targets may become another one of them", "[load][host]") {
  const Host host(std::string(plain_postfix) + "canonical_maps = inline:{ root@example.com=user }\n");
  CHECK(host.alias_obstacle("root@example.com", false) == "not-followed");
  CHECK(host.alias_obstacle("root@example.com", true) == "no");
  CHECK(host.alias_obstacle("user@example.com", false) == "no");
}

TEST_CASE("tables of a single service of this host are not followed, so that every recipient is kept", "[load][host]") {
  const auto rewrites_with = [](const std::string& override) {
    const Host host(std::string(plain_postfix) + "virtual_alias_maps = inline:{ vip@example.com=user }\n" + override);
    return host.rewrites("info@example.org");
  };
  CHECK(rewrites_with("") == "no");
  CHECK(rewrites_with("127.0.0.1:10025/inet/virtual_alias_maps =\n") == "no");
  CHECK(rewrites_with("smtp/inet/virtual_alias_maps = inline:{ vip@example.com=user }\n") == "no");
  CHECK(rewrites_with("cleanup/unix/virtual_alias_maps = inline:{ info@example.org=user }\n") ==
        "failed: cleanup/unix/virtual_alias_maps in this host's master.cf is not followed");
  CHECK(rewrites_with("relay/unix/smtp_generic_maps = hash:/x\n").starts_with("failed: relay/unix/smtp_generic_maps"));
}

TEST_CASE("an unreadable table fails look-ups that no other table answers, and that is a warning", "[load][host]") {
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
  CHECK(aliased.rewrites("user@example.com").starts_with("failed: "));
}

TEST_CASE("Debian's myorigin may be a file", "[load][host]") {
  const Host host(
      "mydestination =\nmyorigin = /etc/mailname\nvirtual_mailbox_domains = Origin.example\n"
      "virtual_mailbox_maps = inline:{ user=x }\n",
      Host::from_postfix(), {{"/etc/mailname", "origin.Example\n"}});
  CHECK(host.has_mailbox("user@origin.example") == "yes");
}

TEST_CASE("DESIGN 5: explicit domains and users are sufficient; a missing Postfix is not asked", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"text", "/etc/aliases"}, {"inline", "{ user=x }"}};
  const MapFiles files(MapFiles::Texts{{"/etc/aliases", "root: user\n"}});
  TableOpener opener(files, backends);
  const TextPostconf postconf("mydestination = other.example\n");
  Diagnostics problems;
  const auto host = load_local_host(settings, files, postconf, opener, problems, problems).host;
  CHECK(text_of(problems).empty());
  REQUIRE(host);
  CHECK(postconf.asked == 0);
  CHECK(host->is_local_domain("example.com", no_deadline).value());
  CHECK(!host->is_local_domain("other.example", no_deadline).value());
  CHECK(host->has_mailbox(address("user@example.com"), no_deadline).value());
  CHECK(host->has_mailbox(address("root@example.com"), no_deadline).value());
  CHECK(!host->has_mailbox(address("nobody@example.com"), no_deadline).value());
  CHECK(!host->rewrites(address("user@example.com"), no_deadline).value());
  CHECK(
      host->has_mailbox(address("user+ext@example.com"), no_deadline).value());  // plussed users, as Sendmail has them
}

TEST_CASE("explicit settings on a host with Postfix: Postfix's aliases apply all the same", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"inline", "{ user=x }"}};
  const Host host(
      "mydestination = example.com, other.example\nmyorigin = example.com\nrecipient_delimiter =\n"
      "local_recipient_maps = inline:{ second=x }\nvirtual_alias_maps = inline:{ team=user }\n",
      settings, {{"/etc/postfix/main.cf", ""}});
  CHECK(host.local("other.example") == "no");
  CHECK(host.has_mailbox("user@example.com") == "yes");
  CHECK(host.has_mailbox("second@example.com") == "no");
  CHECK(host.has_mailbox("team@example.com") == "yes");
  CHECK(host.rewrites("team@example.com") == "yes");
  CHECK(host.has_mailbox("user+ext@example.com") == "no");
}

TEST_CASE("domains and users may be set separately", "[load][host]") {
  constexpr const char* postfix =
      "mydestination = example.com\nmyorigin = example.com\nlocal_recipient_maps = inline:{ second=x }\n";
  Settings domains = Host::from_postfix();
  domains.local_domains.value = {"example.com", "elsewhere.example"};
  const Host with_domains(postfix, domains);
  CHECK(with_domains.has_mailbox("second@example.com") == "yes");
  CHECK(with_domains.has_mailbox("second@elsewhere.example") == "no");  // smtpd(8) would reject it
  Settings users = Host::from_postfix();
  users.local_recipients.value = {{"inline", "{ user=x }"}};
  const Host with_users(postfix, users);
  CHECK(with_users.local("example.com") == "yes");
  CHECK(with_users.has_mailbox("user@example.com") == "yes");
  CHECK(with_users.has_mailbox("second@example.com") == "no");
}

TEST_CASE("the main file's recipient-delimiter overrides Postfix's", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.recipient_delimiter = Located<std::string>{"-", {"shorthop.conf", 1}};
  const Host host("mydestination = example.com\nlocal_recipient_maps = inline:{ user=x }\nrecipient_delimiter = +\n",
                  settings);
  CHECK(host.has_mailbox("user-ext@example.com") == "yes");
  CHECK(host.has_mailbox("user+ext@example.com") == "no");
}

namespace {

/// The diagnostics and the exit status if asking Postfix fails.
std::string said_without_postfix(const Settings& settings, const ChildFailure& failure, MapFiles::Texts texts = {}) {
  const MapFiles files(std::move(texts));
  TableOpener opener(files, backends);
  Diagnostics problems;
  Diagnostics warnings;
  const auto host = load_local_host(settings, files, TextPostconf(failure), opener, problems, warnings).host;
  CHECK((host != nullptr) == problems.empty());
  return text_of(problems) + text_of(warnings);
}

}  // namespace

TEST_CASE("without Postfix and without explicit settings: an error with the fix", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.relays.emplace_back();
  CHECK(said_without_postfix(settings, no_postconf()) ==
        "shorthop.conf: error: this host's Postfix cannot be asked: there is no program postconf here (set "
        "local-domains and local-recipients, or let postfix-config name the directory of its main.cf)\n");
  settings.local_domains.value = {"example.com"};
  CHECK(said_without_postfix(settings, no_postconf()).contains("(set local-recipients, or let "));
  settings.postfix_config.clear();
  CHECK(said_without_postfix(settings, no_postconf()) ==
        "shorthop.conf: error: the domains and users of this host are not known: postfix-config is none (set "
        "local-recipients, or postfix-config)\n");
}

TEST_CASE("with explicit settings a failure to ask Postfix is a warning", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"inline", "{ user=x }"}};
  const ChildFailure broken{ChildFailure::Kind::failed, "postconf ended with status 1"};
  CHECK(said_without_postfix(settings, broken).empty());  // no main.cf
  CHECK(said_without_postfix(settings, broken, {{"/etc/postfix/main.cf", ""}}) ==
        "shorthop.conf: warning: cannot ask this host's Postfix what it rewrites: postconf ended with status 1 (if "
        "this host has no Postfix, write postfix-config = none)\n");
  const MapFiles files(MapFiles::Texts{{"/etc/postfix/main.cf", ""}});
  TableOpener opener(files, backends);
  Diagnostics said;
  const auto host = load_local_host(settings, files, TextPostconf(broken), opener, said, said).host;
  CHECK(shown(host->has_mailbox(address("user@example.com"), no_deadline)) == "yes");
  CHECK(shown(host->rewrites(address("user@example.com"), no_deadline)) == "failed: postconf ended with status 1");
}

TEST_CASE("an unreadable explicit table is an error, not a warning", "[load][host]") {
  Settings settings;
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"text", "/etc/aliases"}};
  const MapFiles files;
  TableOpener opener(files, backends);
  Diagnostics problems;
  Diagnostics warnings;
  const auto loaded = load_local_host(settings, files, TextPostconf(no_postconf()), opener, problems, warnings);
  CHECK(loaded.host == nullptr);
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().origin.file == "/etc/aliases");
  CHECK(problems.front().error_class == ErrorClass::missing);
}

}  // namespace shorthop::test
