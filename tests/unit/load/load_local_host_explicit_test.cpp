// This host, described by explicit settings, with or without a Postfix.
#include "unit/load/described_host.h"

namespace shorthop::test {

TEST_CASE("DESIGN 4: explicit domains and users are sufficient; a missing Postfix is not asked", "[load][host]") {
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
  CHECK(!host->maps_to_another_address(address("user@example.com"), no_deadline).value());
  CHECK(
      host->has_mailbox(address("user+ext@example.com"), no_deadline).value());  // plussed users, as Sendmail has them
}

TEST_CASE("explicit settings on a host with Postfix: Postfix's aliases still apply", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"inline", "{ user=x }"}};
  const Host host(
      "mydestination = example.com, other.example\nmyorigin = example.com\nrecipient_delimiter =\n"
      "local_recipient_maps = inline:{ second=x }\nvirtual_alias_maps = inline:{ team=user }\n",
      settings, {{"/etc/postfix/main.cf", ""}});
  CHECK(host.is_local_domain("other.example") == "no");
  CHECK(host.has_mailbox("user@example.com") == "yes");
  CHECK(host.has_mailbox("second@example.com") == "no");
  CHECK(host.has_mailbox("team@example.com") == "yes");
  CHECK(host.maps_to_another_address("team@example.com") == "yes");
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
  CHECK(with_users.is_local_domain("example.com") == "yes");
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

/// The diagnostics if asking Postfix fails.
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
        "shorthop.conf: error: this host's Postfix cannot be asked: there is no program postconf here (fix: set "
        "local-domains and local-recipients, or let postfix-config name the directory of its main.cf)\n");
  settings.local_domains.value = {"example.com"};
  CHECK(said_without_postfix(settings, no_postconf()).contains("(fix: set local-recipients, or let "));
  settings.postfix_config.clear();
  CHECK(said_without_postfix(settings, no_postconf()) ==
        "shorthop.conf: error: the domains and users of this host are not known: postfix-config is none (fix: set "
        "local-recipients, or postfix-config)\n");
}

TEST_CASE("a Postfix that fails when it is asked: the fix is to make that succeed", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.relays.emplace_back();
  const ChildFailure broken{ChildFailure::Kind::failed,
                            "postconf: fatal: open /etc/postfix/main.cf: Permission denied"};
  CHECK(
      said_without_postfix(settings, broken)
          .contains("Permission denied (fix: make `postconf -c /etc/postfix` succeed for the user of shorthopd; or set "
                    "local-domains and local-recipients, or let "));
}

TEST_CASE("with explicit settings a failure to ask Postfix is a warning", "[load][host]") {
  Settings settings = Host::from_postfix();
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"inline", "{ user=x }"}};
  const ChildFailure broken{ChildFailure::Kind::failed, "postconf ended with status 1"};
  CHECK(said_without_postfix(settings, broken).empty());  // no main.cf
  CHECK(
      said_without_postfix(settings, broken, {{"/etc/postfix/main.cf", ""}}) ==
      "shorthop.conf: warning: cannot ask this host's Postfix what it rewrites: postconf ended with status 1 (fix: if "
      "this host has no Postfix, write postfix-config = none)\n");
  const MapFiles files(MapFiles::Texts{{"/etc/postfix/main.cf", ""}});
  TableOpener opener(files, backends);
  Diagnostics said;
  const auto host = load_local_host(settings, files, TextPostconf(broken), opener, said, said).host;
  CHECK(shown(host->has_mailbox(address("user@example.com"), no_deadline)) == "yes");
  CHECK(shown(host->maps_to_another_address(address("user@example.com"), no_deadline)) ==
        "failed: postconf ended with status 1");
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
