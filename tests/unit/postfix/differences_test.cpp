// What the primary does to mail and this host does not: each row of the differences is found on the primary, and is
// not reported if this host does the same. Only settings that apply to mail from the SMTP port are compared.
#include "postfix/inbound/differences.h"

#include <filesystem>
#include <set>

#include "postfix/inbound/known_programs.h"
#include "support/catch.h"
#include "support/fakes.h"
#include "text/lines.h"

using namespace shorthop;
using namespace shorthop::test;

namespace {

constexpr std::string_view stock = "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n";

/// A host with these lines in main.cf, and header checks in /etc/postfix/checks.
InboundMail host(std::string_view main_cf, std::string_view master_cf = stock, const std::string& checks = {}) {
  const MapFiles files(checks.empty() ? MapFiles::Texts()
                                      : MapFiles::Texts{{"/mirror/files/etc/postfix/checks", checks}});
  return inbound_mail(parse_parameters(main_cf), parse_master_services(master_cf), files, "/mirror/files");
}

/// "NAME: PRIMARY | HERE", one per line.
std::string found(const InboundMail& primary, const InboundMail& here) {
  std::string text;
  for (const Difference& difference : differences(primary, here)) {
    text += std::string(difference.row->name) + ": " + difference.sides.primary + " | " + difference.sides.here + "\n";
  }
  return text;
}

std::string found(std::string_view primary, std::string_view here = {}) { return found(host(primary), host(here)); }

struct RowCase {
  std::string primary;   ///< its main.cf
  std::string here;      ///< main.cf of a host that does the same
  std::string expected;  ///< the difference from a host that does nothing
};

const std::vector<RowCase>& row_cases() {
  static const std::vector<RowCase> cases = {
      {"content_filter = smtp-amavis:[127.0.0.1]:10024", "smtpd_milters = unix:amavis/amavis.sock",
       "content-filter: content_filter = smtp-amavis:[127.0.0.1]:10024 | none\n"},
      {"smtpd_proxy_filter = 192.0.2.9:2525", "smtpd_proxy_filter = 192.0.2.9:2525",
       "content-filter: smtpd_proxy_filter = 192.0.2.9:2525 | none\n"},
      {"smtpd_milters = { inet:localhost:11332, default_action=accept }",
       "smtpd_milters = unix:/run/rspamd/milter.sock", "milters: smtpd_milters = inet:localhost:11332 | none\n"},
      {"smtpd_milters = inet:127.0.0.1:9999", "smtpd_milters = inet:127.0.0.1:9999",
       "milters: smtpd_milters = inet:127.0.0.1:9999 | none\n"},
      {"smtpd_milter_maps = cidr:/etc/postfix/dkim", "smtpd_milter_maps = cidr:/etc/postfix/dkim",
       "milters: smtpd_milter_maps = cidr:/etc/postfix/dkim | none\n"},
      {"smtpd_recipient_restrictions = check_policy_service { unix:private/policy, timeout=10s }",
       "smtpd_sender_restrictions = check_policy_service unix:private/policy",
       "policy-service: check_policy_service unix:private/policy | none\n"},
      {"smtpd_restriction_classes = c\nc = check_policy_service inet:iredapd.example.net:7777",
       "smtpd_recipient_restrictions = check_policy_service inet:iredapd.example.net:7777",
       "sender-rules: check_policy_service inet:iredapd.example.net:7777 | none\n"},
      {"smtpd_milters = inet:piler.example.net:9123", "smtpd_milters = inet:piler.example.net:9123",
       "archiving: smtpd_milters = inet:piler.example.net:9123 | none\n"},
      {"header_checks = pcre:/etc/postfix/gone", "",
       "header-actions: pcre:/etc/postfix/gone (cannot be read) | none\n"},
      {"smtpd_milters = inet:localhost:8891 unix:opendmarc/opendmarc.sock\n"
       "smtpd_recipient_restrictions = check_policy_service unix:private/policyd-spf, check_policy_service "
       "inet:127.0.0.1:10023",
       "smtpd_milters = unix:opendkim/opendkim.sock inet:[::1]:8893\n"
       "smtpd_recipient_restrictions = check_policy_service unix:private/spf check_policy_service unix:postgrey/socket",
       "routine-checks: smtpd_milters = inet:localhost:8891, smtpd_milters = unix:opendmarc/opendmarc.sock, "
       "check_policy_service unix:private/policyd-spf, check_policy_service inet:127.0.0.1:10023 | none\n"},
      {"smtpd_recipient_restrictions = check_recipient_access hash:/etc/postfix/blocked", "",
       "recipient-access: check_recipient_access hash:/etc/postfix/blocked | none\n"},
      {"smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/senders",
       "smtpd_recipient_restrictions = check_sender_access hash:/etc/postfix/senders",
       "access-tables: check_sender_access hash:/etc/postfix/senders | none\n"},
      {"smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname\nsmtpd_relay_restrictions = "
       "reject_unauth_destination",
       "smtpd_data_restrictions = reject_invalid_helo_hostname", "restrictions: reject_invalid_helo_hostname | none\n"},
      {"smtpd_reject_unlisted_sender = yes", "smtpd_sender_restrictions = reject_unlisted_sender",
       "restrictions: smtpd_reject_unlisted_sender = yes | none\n"},
      {"smtpd_client_restrictions = reject_rbl_client bl.example.net=127.0.0.[2..11]",
       "smtpd_recipient_restrictions = reject_rbl_client bl.example.net", "dnsbl: bl.example.net | none\n"},
      {"message_size_limit = 5000000", "message_size_limit = 5000000",
       "size-limit: message_size_limit = 5000000 | message_size_limit = 10240000\n"},
      {"smtpd_tls_security_level = encrypt", "smtpd_enforce_tls = yes",
       "tls: smtpd_tls_security_level = encrypt | none\n"},
      {"always_bcc = archive@example.org", "always_bcc = archive@example.org",
       "bcc: always_bcc = archive@example.org | none\n"},
      {"relayhost = [out.example.net]\ndefault_transport = smtp:[gate.example.net]", "",
       "smarthost: relayhost = [out.example.net], default_transport = smtp:[gate.example.net] | none\n"},
      {"sender_canonical_maps = tcp:127.0.0.1:10001", "sender_canonical_maps = socketmap:unix:srs:forward",
       "srs: sender_canonical_maps = tcp:127.0.0.1:10001 | none\n"},
      {"sender_canonical_maps = hash:/s\ncanonical_maps = hash:/c\nmasquerade_domains = example.org\n"
       "smtp_generic_maps = hash:/g",
       "",
       "sender-rewriting: sender_canonical_maps = hash:/s, canonical_maps = hash:/c, masquerade_domains = "
       "example.org, smtp_generic_maps = hash:/g | none\n"},
      {"canonical_maps = hash:/c\ncanonical_classes = envelope_recipient\nmasquerade_domains = example.org\n"
       "masquerade_classes = header_sender",
       "", ""},
  };
  return cases;
}

}  // namespace

TEST_CASE("the settings of the primary show each difference", "[postfix][differences]") {
  for (const RowCase& one : row_cases()) {
    CAPTURE(one.primary);
    CHECK(found(one.primary) == one.expected);
  }
}

TEST_CASE("a measure that this host takes too is not a difference", "[postfix][differences]") {
  CHECK(found("", "") == "");
  for (const RowCase& one : row_cases()) {
    CAPTURE(one.primary);
    if (!one.here.empty()) CHECK(found(one.primary, one.here) == "");
    CHECK(found("", one.primary) == "");
  }
}

TEST_CASE("every row of the differences has a case above, except unknown-settings and rows that need other files",
          "[postfix]") {
  std::set<std::string_view> shown{"unknown-settings", "access-actions", "header-checks", "postscreen"};
  for (const RowCase& one : row_cases()) shown.insert(std::string_view(one.expected).substr(0, one.expected.find(':')));
  for (const DifferenceRow& row : difference_rows()) {
    CAPTURE(row.name);
    CHECK(shown.contains(row.name));
    CHECK_FALSE(row.meaning.empty());
    CHECK_FALSE(row.fix.empty());
  }
}

TEST_CASE("primary-differences.md lists every difference in order, and says whether it harms",
          "[postfix][differences]") {
  const std::filesystem::path page =
      std::filesystem::path(SHORTHOP_SOURCE_DIR) / "packaging/doc/primary-differences.md";
  const auto text = SystemFiles().read(page);
  REQUIRE(text);
  std::string listed;
  for (const std::string_view line : lines_of(*text)) {
    if (line.starts_with("| `")) listed += line.substr(0, line.find('|', line.find('|', 1) + 1) + 1);
  }
  std::string rows;
  for (const DifferenceRow& row : difference_rows()) {
    rows += "| `" + std::string(row.name) + "` | " + (row.harms ? "yes" : "no") + " |";
  }
  CHECK(listed == rows);
}

TEST_CASE("a program is known by a whole port, or by a word that begins with its name", "[postfix][differences]") {
  const auto task_of = [](std::string_view socket) -> std::string {
    const KnownProgram* program = find_known_program(socket);
    return program == nullptr ? "unknown" : std::string(program->name);
  };
  CHECK(task_of("inet:127.0.0.1:2501") == "greylisting");
  CHECK(task_of("smtp-scan:[127.0.0.1]:10024") == "amavis");
  CHECK(task_of("smtpd_proxy_filter = :10024") == "amavis");
  CHECK(task_of("inet:policyd-spf.example.net:10") == "spf");
  CHECK(task_of("unix:private/spfpolicy") == "spf");
  CHECK(task_of("unix:ratelimit/socket") == "rate limit");
  CHECK(task_of("unix:rate-limit/socket") == "rate limit");
  CHECK(task_of("inet:127.0.0.1:10030") == "greylisting");
  CHECK(task_of("inet:127.0.0.1:60000") == "greylisting");
  CHECK(task_of("inet:127.0.0.1:12525") == "policyd-weight");
  CHECK(task_of("inet:localhost:12301") == "dkim");
  CHECK(task_of("unix:private/spfcheck") == "spf");
  for (const std::string_view socket :
       {"inet:127.0.0.1:25010", "inet:127.0.0.1:12501", "inet:[2001:db8:2501::8891]:9999", "unix:8891/socket",
        "inet:10023.example.net:9999", "inet:127.0.0.1:88912", "unix:rated/socket", "unix:private/spfilter"}) {
    CAPTURE(socket);
    CHECK(task_of(socket) == "unknown");
  }
}

TEST_CASE("a policy service is a difference that harms if it filters or is unknown", "[postfix][differences]") {
  const std::string asks = "smtpd_recipient_restrictions = check_policy_service ";
  CHECK(found(asks + "inet:127.0.0.1:25010") == "policy-service: check_policy_service inet:127.0.0.1:25010 | none\n");
  CHECK(found(asks + "unix:rspamd/policy") == "policy-service: check_policy_service unix:rspamd/policy | none\n");
  CHECK(found(asks + "unix:rspamd/policy", asks + "inet:127.0.0.1:11332") == "");
}

TEST_CASE("a second filter behind the first is found too", "[postfix][differences]") {
  const std::string services = std::string(stock) + "127.0.0.1:10025 inet n - y - - smtpd -o content_filter=encrypt\n";
  CHECK(found(host("content_filter = scan:[127.0.0.1]:10026", services), host("")) ==
        "content-filter: content_filter = scan:[127.0.0.1]:10026, content_filter = encrypt | none\n");
}

TEST_CASE("a restriction that only warns refuses nothing", "[postfix][differences]") {
  CHECK(found("smtpd_helo_restrictions = warn_if_reject reject_non_fqdn_helo_hostname, reject_invalid_helo_hostname") ==
        "restrictions: reject_invalid_helo_hostname | none\n");
  CHECK(found("smtpd_client_restrictions = warn_if_reject reject_rbl_client bl.example.net") == "");
  CHECK(found("smtpd_client_restrictions = warn_if_reject check_policy_service unix:private/policy") ==
        "policy-service: check_policy_service unix:private/policy | none\n");
}

TEST_CASE("postconf(5): a restriction under its name before Postfix 2.3 is the same restriction",
          "[postfix][differences]") {
  const std::string before = "smtpd_helo_restrictions = reject_unknown_hostname, reject_non_fqdn_hostname";
  const std::string now = "smtpd_helo_restrictions = reject_unknown_helo_hostname, reject_non_fqdn_helo_hostname";
  CHECK(found(before, now) == "");
  CHECK(found(now, before) == "");
  CHECK(found(before) == "restrictions: reject_unknown_hostname, reject_non_fqdn_hostname | none\n");
}

TEST_CASE("header checks below $config_directory are read, although `postconf -n` omits this parameter", "[postfix]") {
  const std::string main_cf = "header_checks = regexp:$config_directory/checks";
  CHECK(found(host(main_cf, stock, "/^Subject: x/ DISCARD\n"), host("")) ==
        "header-actions: /etc/postfix/checks:1 DISCARD | none\n");
}

TEST_CASE("a filter of this host is shown beside the primary's filter that it lacks", "[postfix][differences]") {
  CHECK(found("content_filter = scan:[127.0.0.1]:10026", "smtpd_milters = inet:localhost:11332") ==
        "content-filter: content_filter = scan:[127.0.0.1]:10026 | smtpd_milters = inet:localhost:11332\n");
}

TEST_CASE(
    "a service with sender rules is a difference even if this host has one too; mailcow has such rules in its tables",
    "[postfix]") {
  const std::string local = "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:7777";
  CHECK(found(local, local) == "sender-rules: check_policy_service inet:127.0.0.1:7777 | none\n");
  const std::string mailcow = "virtual_alias_maps = proxy:mysql:/opt/postfix/conf/sql/mysql_virtual_alias_maps.cf";
  CHECK(found(mailcow, mailcow) ==
        "sender-rules: internal aliases of mailcow | none\n"
        "archiving: bcc_maps of mailcow, by its rspamd | none\n");
}

TEST_CASE("header checks: a rule of the primary alone is noted; if it moves mail, it is a difference that harms",
          "[postfix][differences]") {
  const std::string main = "header_checks = regexp:/etc/postfix/checks";
  const std::string checks = "/a/ REJECT\n/b/ HOLD\n/c/ REDIRECT boss@example.org\n";
  CHECK(found(host(main, stock, checks), host("")) ==
        "header-actions: /etc/postfix/checks:2 HOLD, /etc/postfix/checks:3 REDIRECT | none\n"
        "header-checks: regexp:/etc/postfix/checks | none\n");
  CHECK(found(host(main, stock, checks), host(main, stock, checks)) == "");
  CHECK(found(host(main, stock, checks), host(main, stock, "/a/ REJECT\n/b/ HOLD\n")) ==
        "header-actions: /etc/postfix/checks:3 REDIRECT | /etc/postfix/checks:2 HOLD\n");
}

TEST_CASE("access tables: an entry that moves mail is a difference that harms; a table that cannot be read is noted",
          "[postfix][differences]") {
  const std::string main = "smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/checks";
  const std::string entries = "example.org REJECT\nexample.net FILTER scan:[127.0.0.1]:10026\n";
  const std::string noted = "access-tables: check_sender_access hash:/etc/postfix/checks | none\n";
  CHECK(found(host(main, stock, entries), host("")) == "access-actions: /etc/postfix/checks:2 FILTER | none\n" + noted);
  CHECK(found(host(main), host("")) == noted);
  CHECK(found(host(main, stock, entries), host(main, stock, entries)) == "");
  CHECK(found("smtpd_client_restrictions = check_client_access static:{REDIRECT boss@example.org}") ==
        "access-actions: {REDIRECT boss@example.org}:1 REDIRECT | none\n"
        "access-tables: check_client_access static:{REDIRECT boss@example.org} | none\n");
}

TEST_CASE("smtpd_check.c: a table that stands alone means the access check of its list, and no other",
          "[postfix][differences]") {
  const std::string blocked = "hash:/etc/postfix/blocked";
  CHECK(found("smtpd_sender_restrictions = " + blocked) ==
        "access-tables: check_sender_access " + blocked + " | none\n");
  CHECK(found("smtpd_relay_restrictions = " + blocked) ==
        "recipient-access: check_recipient_access " + blocked + " | none\n");
  // smtpd(8) has no check for a table here, and answers 451.
  CHECK(found("smtpd_data_restrictions = " + blocked) == "");
  CHECK(found("smtpd_end_of_data_restrictions = " + blocked) == "");
  // A class is checked like the list that names it, so its table may be asked about clients and about recipients.
  CHECK(found("smtpd_restriction_classes = c\nc = static:{REDIRECT boss@example.org}") ==
        "access-actions: {REDIRECT boss@example.org}:1 REDIRECT | none\n"
        "recipient-access: check_recipient_access static:{REDIRECT boss@example.org} | none\n"
        "access-tables: check_client_access static:{REDIRECT boss@example.org} | none\n");
}

TEST_CASE("header checks come from the cleanup(8) that smtpd(8) uses", "[postfix][differences]") {
  const std::string master =
      "smtp inet n - y - - smtpd -o cleanup_service_name=pre\n"
      "cleanup unix n - y - 0 cleanup -o header_checks=regexp:/etc/postfix/gone\n"
      "pre unix n - y - 0 cleanup -o body_checks=regexp:/etc/postfix/checks\n";
  CHECK(found(host("", master, "/b/ DISCARD\n"), host("")) == "header-actions: /etc/postfix/checks:1 DISCARD | none\n");
}

TEST_CASE("master(5): -o of the public smtpd(8) is used, also behind postscreen(8); other services are ignored",
          "[postfix][differences]") {
  const std::string filter = "content_filter = amavis:[127.0.0.1]:10024";
  const std::string with_filter = "smtp inet n - y - - smtpd -o content_filter=amavis:[127.0.0.1]:10024\n";
  const std::string without = "smtp inet n - y - - smtpd -o content_filter=\n";
  const std::string expected = "content-filter: " + filter + " | none\n";
  CHECK(found(host("", with_filter), host("")) == expected);
  CHECK(found(host(filter, without), host("")) == "");
  CHECK(found(host(filter), host(filter, without)) == expected);
  CHECK(found(host("", "submission inet n - y - - smtpd -o content_filter=amavis:[127.0.0.1]:10024\n"), host("")) ==
        "");
  CHECK(found(host("", "smtpd pass - - y - - smtpd -o content_filter=amavis:[127.0.0.1]:10024\n"), host("")) ==
        expected);
}

TEST_CASE(
    "a measure that one of several smtpd(8) on the primary takes is a difference, unless all smtpd(8) here take it",
    "[postfix][differences]") {
  const std::string both =
      "192.0.2.1:25 inet n - y - - smtpd -o content_filter=amavis:[127.0.0.1]:10024\n"
      "192.0.2.2:25 inet n - y - - smtpd\n";
  CHECK(found(host("", both), host("")) == "content-filter: content_filter = amavis:[127.0.0.1]:10024 | none\n");
  CHECK(found(host("content_filter = amavis:[127.0.0.1]:10024"), host("", both)) ==
        "content-filter: content_filter = amavis:[127.0.0.1]:10024 | none\n");
}

TEST_CASE("names that differ only in the customer's key mean the same DNS list", "[postfix][differences]") {
  const std::string asks = "smtpd_recipient_restrictions = reject_rbl_client ";
  CHECK(found(asks + "(removed-by-shorthop-export).zen.dq.spamhaus.net", asks + "k3y.zen.dq.spamhaus.net") == "");
  CHECK(found(asks + "ix.dnsbl.example.net", asks + "other.dnsbl.example.net") ==
        "dnsbl: ix.dnsbl.example.net | other.dnsbl.example.net\n");
}

TEST_CASE("postscreen(8) and its lists are compared only where master.cf has it", "[postfix][differences]") {
  const std::string lists = "postscreen_dnsbl_sites = bl.example.net*2, bl.example.com=127.0.0.2*1";
  const std::string master = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n";
  CHECK(found(host(lists, master), host(lists)) ==
        "dnsbl: bl.example.net, bl.example.com | none\npostscreen: postscreen on the SMTP port | none\n");
  CHECK(found(host(lists, master), host(lists, master)) == "");
}

TEST_CASE("values are expanded, in overrides too", "[postfix][differences]") {
  CHECK(found(host("mine = inet:localhost:11332", "smtp inet n - y - - smtpd -o smtpd_milters=$mine\n"), host("")) ==
        "milters: smtpd_milters = inet:localhost:11332 | none\n");
}

TEST_CASE("Postconf::ask(): a service of this host may see another value, although it overrides another name",
          "[postfix][differences]") {
  const std::string filter = "smtpd_milters = inet:localhost:11332\n";
  const std::string master = "smtp inet n - y - - smtpd -o mine=\n";
  CHECK(found(host(filter), host(filter + "smtp/inet/smtpd_milters =\n", master)) ==
        "milters: smtpd_milters = inet:localhost:11332 | none\n");
}

TEST_CASE("postconf(5): a name that is not defined does not hide the rest of the value", "[postfix][differences]") {
  CHECK(found("mine = inet:localhost:11332\nsmtpd_milters = $mine $not_defined") ==
        "milters: smtpd_milters = inet:localhost:11332 | none\n");
  CHECK(found(host("mine = check_sender_access hash:/etc/postfix/checks\n"
                   "smtpd_sender_restrictions = $mine, $not_defined",
                   stock, "ann@example.net REDIRECT bob@example.net\n"),
              host(""))
            .starts_with("access-actions: "));
}

TEST_CASE(
    "unknown settings of the primary are a difference that harms; with unknown settings here, no measure counts as "
    "taken",
    "[postfix][differences]") {
  const std::string filter = "content_filter = amavis:[127.0.0.1]:10024";
  CHECK(found(unknown_inbound_mail("master: no such file"), host("")) ==
        "unknown-settings: master: no such file | not compared\n");
  CHECK(found(host(filter), unknown_inbound_mail("no Postfix")) == "content-filter: " + filter + " | not known\n");
}

TEST_CASE("accept-difference: only a difference that harms and is not named keeps recipients",
          "[postfix][differences]") {
  const auto all = differences(host("content_filter = scan:x\nsmtpd_milters = inet:a:1\nrelayhost = [b]"), host(""));
  REQUIRE(all.size() == 3);
  CHECK(unaccepted_differences(all, {}) == "content-filter, milters");
  CHECK(unaccepted_differences(all, {"milters"}) == "content-filter");
  CHECK(unaccepted_differences(all, {"milters", "content-filter"}) == "");
}

TEST_CASE("a bare reject that mail from other hosts may reach is a restriction like any other",
          "[postfix][differences]") {
  CHECK(found("smtpd_recipient_restrictions = check_sender_access hash:/s, reject") ==
        "access-tables: check_sender_access hash:/s | none\n"
        "restrictions: reject in smtpd_recipient_restrictions | none\n");
  CHECK(found("smtpd_recipient_restrictions = permit_mynetworks, permit_auth_destination, reject").empty());
}

TEST_CASE("a long list is cut, and control characters in values are escaped", "[postfix][differences]") {
  std::string milters = "smtpd_milters =";
  for (int i = 1; i <= 9; ++i) milters += " inet:a:" + std::to_string(i);
  CHECK(found(milters).ends_with("smtpd_milters = inet:a:6 and 3 more | none\n"));
  CHECK(found("relayhost = a\x1b") == "smarthost: relayhost = a\\x1b | none\n");
}
