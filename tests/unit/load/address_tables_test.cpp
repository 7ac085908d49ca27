// The tables that a primary asks about an address or a sender (DESIGN 4, "Ask, don't veto"), from its parameters to the
// decision about a recipient.
#include "load/mirror/address_tables.h"

#include <chrono>

#include "load/mirror/primary_postconf.h"
#include "primary/sender.h"
#include "session/decision.h"
#include "support/catch.h"
#include "support/primary_files.h"
#include "support/world.h"
#include "unit/load/postconf_answer.h"

namespace shorthop::test {
namespace {

using Tables = MapPrimaryFiles::Tables;

constexpr const char* usual_parameters =
    "alias_maps = hash:/etc/aliases\n"
    "virtual_alias_maps = hash:/etc/postfix/virtual\n"
    "mydestination = example.org\n"
    "myhostname = mail.example.org\n"
    "myorigin = example.org\n";

/// A primary with the usual parameters and tables, and these in addition.
Primary primary_with(const std::string& lines, Tables tables, bool is_mirror = false) {
  tables.insert(
      {{"hash:/etc/aliases", {{"info", "user@example.com"}, {"bare", "ann"}, {"ann", "user@example.com"}}},
       {"hash:/etc/postfix/virtual", {{"sales@example.org", "user@example.com"}, {"short@example.org", "info"}}}});
  MapPrimaryFiles files(std::move(tables));
  files.holds_all = is_mirror;
  RelaySettings relay;
  relay.domains.value = {"example.org"};
  relay.primary.value = "mail.example.org";
  Diagnostics warnings;
  PrimaryFacts facts =
      facts_from_postconf({"postconf", usual_parameters + lines, std::nullopt}, relay, files, warnings);
  const auto opened = [&](const std::optional<std::vector<std::string>>& names) {
    std::vector<std::shared_ptr<const Table>> list;
    for (const std::string& name : *names) list.push_back(files.open(name, "test"));
    return TableList(std::move(list));
  };
  Primary primary;
  primary.virtual_aliases = opened(facts.virtual_alias_maps);
  primary.aliases = opened(facts.alias_maps);
  primary.rules = std::move(facts.rules);
  primary.address_tables = std::move(facts.address_tables);
  primary.senders = std::move(facts.senders);
  primary.not_followed = std::move(facts.not_followed);
  if (!facts.unproven.empty()) primary.unproven = facts.unproven.front();
  return primary;
}

std::string decided(const std::string& recipient, const std::string& lines, Tables tables = {},
                    bool is_mirror = false) {
  const auto snapshot = snapshot_of(primary_with(lines, std::move(tables), is_mirror));
  const RecipientFacts facts{.sender = "<client@example.net>"};
  return std::string(
      name_of(decide(*Address::parse(recipient), facts, *snapshot, std::chrono::system_clock::now()).reason));
}

/// The reasons for the decisions about an alias of aliases(5) and one of virtual(5).
std::string reasons(const std::string& lines, const Tables& tables = {}) {
  return decided("info@example.org", lines + "\n", tables) + " " + decided("sales@example.org", lines + "\n", tables);
}

}  // namespace

TEST_CASE("DESIGN 4: a table of the primary that is not on this host keeps the recipients that may be in it",
          "[load][asked]") {
  CHECK(reasons("") == "all-local all-local");
  for (const char* parameter :
       {"canonical_maps", "recipient_canonical_maps", "recipient_bcc_maps", "transport_maps", "relocated_maps",
        "sender_bcc_maps", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps",
        "smtp_generic_maps", "smtpd_recipient_restrictions = check_recipient_access"}) {
    INFO(parameter);
    const std::string line = parameter + std::string(std::string_view(parameter).contains('=') ? " " : " = ");
    CHECK(reasons(line + "hash:/missing") == "not-mirrored not-mirrored");
    CHECK(reasons(line + "hash:/empty", {{"hash:/empty", {}}}) == "all-local all-local");
    const std::string unknown = reasons(line + "${mail_name?hash:/empty}", {{"hash:/empty", {}}});
    if (!line.contains("restrictions")) CHECK(unknown == "not-mirrored not-mirrored");
  }
}

TEST_CASE("shorthop-export(1): a value that it removed is unknown, and keeps the recipients that it may concern",
          "[load][asked]") {
  const std::string removed = "part = (removed-by-shorthop-export)\n";
  for (const char* use :
       {"smtpd_restriction_classes = part", "smtpd_recipient_restrictions = reject_unauth_destination, $part",
        "transport_maps = $part", "transport_maps = ${part?hash:/empty}", "mydestination = example.org, $part"}) {
    INFO(use);
    CHECK(reasons(removed + use, {{"hash:/empty", {}}}) == "not-mirrored not-mirrored");
  }
  for (const char* other :
       {"mailbox_command = (removed-by-shorthop-export)", "smtpd_banner = $part",
        "smtpd_recipient_restrictions = reject_rbl_client (removed-by-shorthop-export).zen.dq.spamhaus.net"}) {
    INFO(other);
    CHECK(reasons(removed + other) == "all-local all-local");
  }
}

TEST_CASE("DESIGN 4, \"Ask, don't veto\": an entry keeps the recipient that it is for, and no other", "[load][asked]") {
  const auto with_entry = [](const std::string& parameter, const std::string& key, const std::string& value) {
    return reasons(parameter + " = hash:/t", {{"hash:/t", {{key, value}}}});
  };
  CHECK(with_entry("recipient_bcc_maps", "info@example.org", "log@example.net") == "copied-elsewhere all-local");
  CHECK(with_entry("recipient_bcc_maps", "@example.org", "log@example.net") == "copied-elsewhere copied-elsewhere");
  CHECK(with_entry("relocated_maps", "info@example.org", "new@example.net") == "not-followed all-local");
  CHECK(with_entry("transport_maps", "info@example.org", "error:gone") == "not-followed all-local");
  CHECK(with_entry("transport_maps", "info@example.org", ":") == "all-local all-local");
  CHECK(with_entry("transport_maps", "info@example.org", "local:") == "all-local all-local");
  CHECK(with_entry("transport_maps", "example.com", "smtp:[other.example.net]") == "not-followed not-followed");
  CHECK(with_entry("transport_maps", "example.com", "smtp:") == "all-local all-local");
  CHECK(with_entry("transport_maps", "example.com", "smtp:example.com") == "all-local all-local");
  CHECK(with_entry("transport_maps", "example.com", ":example.com") == "all-local all-local");
  CHECK(with_entry("transport_maps", "example.com", ":other.example.net") == "not-followed not-followed");
  CHECK(with_entry("transport_maps", "example.com", "smtp:example.com:26") == "not-followed not-followed");
  CHECK(with_entry("transport_maps", "example.com", "smtp:other.example.net") == "not-followed not-followed");
  CHECK(with_entry("transport_maps", "*", "smtp:[other.example.net]") == "not-followed not-followed");
  CHECK(with_entry("smtp_generic_maps", "user@example.com", "u@example.net") == "not-followed not-followed");
  CHECK(with_entry("smtp_generic_maps", "info@example.org", "u@example.net") == "all-local all-local");
  CHECK(with_entry("recipient_canonical_maps", "info@example.org", "sales@example.org") == "all-local all-local");
  CHECK(with_entry("recipient_canonical_maps", "info@example.org", "x@example.net") == "foreign-target all-local");
}

TEST_CASE("postconf(5) relayhost, default_transport, relay_transport, smtp_tcp_port: the host that they lead to",
          "[load][asked]") {
  const auto next_hops = [](const std::string& lines) {
    const auto host = [](const std::optional<Detour>& detour) {
      if (!detour) return std::string("by MX");
      const auto& [name, domain] = detour->next_hop;
      return !domain.empty() ? "MX of " + domain : name.empty() ? "elsewhere" : name;
    };
    const NotFollowed settings = primary_with(lines + "\n", {}).not_followed;
    return host(settings.outbound) + ", " + host(settings.relay);
  };
  CHECK(next_hops("") == "by MX, by MX");
  CHECK(next_hops("relayhost = [mail.example.com]") == "mail.example.com, mail.example.com");
  CHECK(next_hops("relayhost = [mail.example.com]:smtp") == "mail.example.com, mail.example.com");
  CHECK(next_hops("relayhost = mail.example.com") == "MX of mail.example.com, MX of mail.example.com");
  CHECK(next_hops("relayhost = Mail.example.com:25") == "MX of mail.example.com, MX of mail.example.com");
  CHECK(next_hops("relayhost = mail.example.com:587") == "elsewhere, elsewhere");
  CHECK(next_hops("relayhost = localhost") == "elsewhere, elsewhere");
  CHECK(next_hops("relayhost = [mail.example.com], [mail.example.net]") == "elsewhere, elsewhere");
  CHECK(next_hops("relayhost = mail.example.com, mail.example.net") == "elsewhere, elsewhere");
  CHECK(next_hops("relayhost = [mail.example.com]:587") == "elsewhere, elsewhere");
  CHECK(next_hops("relayhost = [a.example]\ndefault_transport = smtp:[b.example]") == "b.example, a.example");
  CHECK(next_hops("relay_transport = relay:[a.example]") == "by MX, a.example");
  CHECK(next_hops("relayhost = [a.example]\ndefault_transport = lmtp") == "elsewhere, a.example");
  CHECK(next_hops("relayhost = [a.example]\nsmtp_tcp_port = 26") == "elsewhere, elsewhere");
  CHECK(next_hops("relayhost = [a.example]:25\nsmtp_tcp_port = 26") == "a.example, a.example");
}

TEST_CASE("postconf(5) canonical_classes: without envelope_recipient canonical_maps does not concern recipients",
          "[load][asked]") {
  const Tables tables = {{"hash:/c", {{"info@example.org", "x@example.net"}}}};
  CHECK(reasons("canonical_maps = hash:/c", tables) == "foreign-target all-local");
  CHECK(reasons("canonical_maps = hash:/c\ncanonical_classes = envelope_sender", tables) == "all-local all-local");
}

TEST_CASE("trivial-rewrite(8): a transport of a class concerns the steps of that class only", "[load][asked]") {
  CHECK(reasons("local_transport = lmtp:unix:private/lmtp") == "not-followed all-local");
  CHECK(reasons("local_transport = local-lmtp:unix:/run/lmtp") == "not-followed all-local");
  CHECK(reasons("local_transport = localmda:[10.0.0.9]") == "not-followed all-local");
  CHECK(reasons("local_transport = local:$myhostname") == "all-local all-local");
  for (const char* elsewhere : {"relayhost = [smtp.example.net]", "relayhost = ${smtp_helo_name?[relay.example.net]}",
                                "default_transport = error:no mail out",
                                "default_transport = smtp:[archive.example.net]", "default_transport = smtp-amavis"}) {
    INFO(elsewhere);
    CHECK(reasons(elsewhere) == "not-followed not-followed");
    CHECK(decided("nobody@example.org", std::string(elsewhere) + "\n") == "primary-mailbox");
  }
  for (const char* as_before : {"default_transport = smtp:", "default_transport = relay", "relay_transport = relay",
                                "relay_transport = relay:[gate.example.net]", "relayhost ="}) {
    INFO(as_before);
    CHECK(reasons(as_before) == "all-local all-local");
  }
  CHECK(reasons("relay_transport = relay:[gate.example.net]\nrelay_domains = example.com") ==
        "not-followed not-followed");
  CHECK(reasons("relay_transport = relay\nrelay_domains = example.com") == "all-local all-local");
}

TEST_CASE("postconf(5) inet_interfaces, master_service_disable: they may stop mail from other hosts", "[load][asked]") {
  const auto takes = [](const std::string& main_cf, const char* master) {
    std::optional<std::vector<MasterService>> services;
    if (master != nullptr) services = parse_master_services(master);
    return takes_mail(ParameterValues(parse_parameters(main_cf)), services);
  };
  const char* on_all = "smtp inet n - y - - smtpd\n127.0.0.1:10025 inet n - n - - smtpd\n";
  const char* on_one = "192.0.2.10:smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n";
  for (const char* master : {static_cast<const char*>(nullptr), on_all}) {
    CHECK(takes("", master));
    CHECK_FALSE(takes("inet_interfaces = loopback-only\n", master));
    CHECK_FALSE(takes("inet_interfaces = 127.0.0.1, [::1]\n", master));
    for (const char* disabled : {"inet", "smtp.inet", "SMTP/inet", "!smtps.inet inet", "/etc/postfix/disabled"}) {
      CHECK_FALSE(takes(std::string("master_service_disable = ") + disabled + "\n", master));
    }
    CHECK(takes("master_service_disable = smtps.inet submission/inet smtp.unix smtp\n", master));
  }
  // An address in master.cf overrides inet_interfaces.
  CHECK(takes("inet_interfaces = loopback-only\n", on_one));
  CHECK(takes("master_service_disable = smtp.inet\n", on_one));
  CHECK_FALSE(takes("master_service_disable = 192.0.2.10:smtp.inet\n", on_one));
  CHECK_FALSE(takes("", "smtpd pass - - y - - smtpd\nsubmission inet n - y - - smtpd\n"));
}

TEST_CASE("postconf(5) append_at_myorigin = no: only targets without a domain are not followed", "[load][asked]") {
  CHECK(reasons("append_at_myorigin = no") == "all-local all-local");
  CHECK(decided("short@example.org", "") == "all-local");
  CHECK(decided("short@example.org", "append_at_myorigin = no\n") == "not-followed");
}

TEST_CASE("postconf(5) masquerade_classes: only subdomains of masqueraded domains may change", "[load][asked]") {
  const std::string lines = "masquerade_classes = envelope_recipient\nmasquerade_domains = example.org\n";
  const Tables tables = {{"hash:/v", {{"x@sub.example.org", "user@example.com"}}}};
  CHECK(decided("info@example.org", lines) == "all-local");
  CHECK(decided("info@example.org", "masquerade_domains = example.org\n") == "all-local");
  const Primary primary = primary_with(lines + "virtual_alias_maps = hash:/v\n", tables);
  CHECK(primary.rules.masquerade_domains == std::vector<std::string>{"example.org"});
  CHECK(primary_with("masquerade_domains = example.org\n", {}).rules.masquerade_domains.empty());
}

TEST_CASE("smtpd_check.c, check_rcpt_maps(): with a mirror the tables of the class say whether a recipient exists",
          "[load][asked]") {
  const auto asked = [](const std::string& recipient, const std::string& lines) {
    return decided(recipient, lines + "\n", {{"hash:/users", {{"info", "x"}}}}, true);
  };
  CHECK(asked("info@example.org", "local_recipient_maps = hash:/users") == "all-local");
  CHECK(asked("bare@example.org", "local_recipient_maps = hash:/users") == "unknown-recipient");
  CHECK(asked("sales@example.org", "local_recipient_maps = hash:/users") == "all-local");
  CHECK(asked("bare@example.org", "local_recipient_maps =") == "all-local");
  CHECK(asked("bare@example.org", "local_recipient_maps = hash:/missing $alias_maps") == "all-local");
  CHECK(asked("bare@example.org", "local_recipient_maps = hash:/missing") == "not-mirrored");
}

TEST_CASE("postconf(5) soft_bounce and unknown_*_reject_code: a recipient that the primary only defers is not refused",
          "[load][asked]") {
  const auto refuses = [](const char* lines) {
    return primary_with(std::string("local_recipient_maps = $alias_maps\n") + lines, {}, true)
        .address_tables.refuses_unlisted;
  };
  CHECK(refuses(""));
  CHECK(refuses("unknown_local_recipient_reject_code = 550\nsoft_bounce = no\n"));
  CHECK_FALSE(refuses("soft_bounce = yes\n"));
  CHECK_FALSE(refuses("unknown_local_recipient_reject_code = 450\n"));
  CHECK_FALSE(refuses("unknown_virtual_mailbox_reject_code = 450\n"));
  CHECK_FALSE(refuses("smtpd_relay_restrictions = defer_if_reject, reject_unauth_destination\n"));
}

TEST_CASE("postconf(5) sender_bcc_maps: an entry for the sender of a message keeps its recipients", "[load][asked]") {
  const auto obstacle = [](std::optional<std::string_view> sender, const std::string& lines, const Tables& tables) {
    const auto found = sender_obstacle(sender, primary_with(lines + "\n", tables), FixedHost({}), no_deadline);
    if (!found) return std::string("none");
    return std::string(name_of(reason_of(found->kind)));
  };
  const std::string bcc = "sender_bcc_maps = hash:/s";
  const Tables log = {{"hash:/s", {{"boss@example.net", "log@example.net"}, {"@quiet.example", "DUNNO"}}}};
  CHECK(obstacle("<boss@example.net>", bcc, log) == "copied-elsewhere");
  CHECK(obstacle("<BOSS@Example.NET>", bcc, log) == "copied-elsewhere");
  CHECK(obstacle("<ann@example.net>", bcc, log) == "none");
  CHECK(obstacle("<ann@quiet.example>", bcc, log) == "copied-elsewhere");  // sender_bcc_maps takes DUNNO for an address
  CHECK(obstacle("<>", bcc, log) == "none");
  CHECK(obstacle(std::nullopt, bcc, log) == "not-followed");
  CHECK(obstacle("not an address", bcc, log) == "not-followed");
  CHECK(obstacle("<boss@example.net>", "", {}) == "none");
  CHECK(obstacle(std::nullopt, "", {}) == "none");
  CHECK(obstacle("<boss@example.net>", bcc, {}) == "not-mirrored");
  CHECK(obstacle("<>", bcc, {}) == "none");
  for (const char* route : {"sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"}) {
    CHECK(obstacle("<boss@example.net>", route + std::string(" = hash:/s"), log) == "not-followed");
    CHECK(obstacle("<ann@quiet.example>", route + std::string(" = hash:/s"), log) == "none");
  }
  // sender_canonical_maps alone changes no route. It may change the key that is looked up in sender_bcc_maps.
  const Tables both = {{"hash:/s", {}}, {"hash:/c", {{"ann@example.net", "boss@example.net"}}}};
  CHECK(obstacle("<ann@example.net>", "sender_canonical_maps = hash:/c", both) == "none");
  CHECK(obstacle("<ann@example.net>", bcc + "\nsender_canonical_maps = hash:/c", both) == "not-followed");
  CHECK(obstacle("<ann@example.net>", bcc + "\ncanonical_maps = hash:/c", both) == "not-followed");
  CHECK(obstacle("<ann@example.net>", bcc + "\ncanonical_maps = hash:/c\ncanonical_classes = envelope_recipient",
                 both) == "none");
}

TEST_CASE("primary-postconf: without master.cf, a content filter may return mail to be mapped again",
          "[load][primary-postconf]") {
  const auto filter = [](const std::string& setting) {
    return read("myhostname = mail.example.org\nheader_checks =\nmime_header_checks = $header_checks\n" + setting)
        .facts.address_tables.filter;
  };
  for (const char* setting : {"", "content_filter =", "smtp_header_checks = pcre:/h",
                              "smtpd_relay_restrictions = reject_unauth_destination"}) {
    INFO(setting);
    CHECK_FALSE((filter(setting).sees_mapped || filter(setting).maps_again));
  }
  for (const char* setting :
       {"content_filter = scan:[127.0.0.1]:10024", "mime_header_checks = pcre:/h", "body_checks = pcre:/b",
        "smtpd_client_restrictions = check_client_access pcre:/c", "known = check_sender_access pcre:/s"}) {
    INFO(setting);
    CHECK((filter(setting).sees_mapped && filter(setting).maps_again && filter(setting).is_command));
  }
}

}  // namespace shorthop::test
