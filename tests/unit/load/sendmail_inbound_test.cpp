// What a sendmail.cf shows of filters and of rules that refuse, discard or hold mail.
#include "load/sendmail_inbound.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "load/inbound_files.h"
#include "postfix/inbound/differences.h"
#include "support/catch.h"
#include "support/map_files.h"
#include "support/settings_directory.h"

namespace shorthop::test {
namespace {

SendmailInbound inbound_of(std::string_view cf, std::string_view access = "") {
  const MapFiles files({{"/etc/mail/access", std::string(access)}});
  return sendmail_inbound(cf, [&](std::string_view path) { return files.read(path); });
}

std::string listed(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, " | ")); }

/// The names of the differences to a host with this sendmail.cf; those that harm have a '!'.
std::string differences_of(std::string_view primary, std::string_view here = "") {
  RelaySettings relay;
  const SettingsDirectory mirror;
  mirror.put("sendmail.cf", std::string(primary));
  relay.mirror.value = mirror.path();
  const MapFiles files({{"/etc/mail/sendmail.cf", std::string(here)}});
  const auto of_primary = inbound_of_mirror(relay, SystemFiles());
  REQUIRE(of_primary);
  std::string names;
  for (const Difference& difference : differences(*of_primary, inbound_of_own_sendmail(files))) {
    names += fmt::format("{}{} ", difference.row->name, difference.row->harms ? "!" : "");
  }
  return names;
}

}  // namespace

TEST_CASE("cf/README, INPUT_MAIL_FILTER: the filters that a daemon uses", "[load][sendmail]") {
  CHECK(listed(inbound_of("O InputMailFilters=spamassassin\n"
                          "Xspamassassin, S=local:/run/spamass.sock, F=\nXunused, S=inet:1@localhost\n")
                   .filters) == "filter spamassassin, S=local:/run/spamass.sock");
  CHECK(listed(inbound_of("O DaemonPortOptions=Name=MTA, Port=smtp, InputMailFilters=a\nXa, S=unix:/a\n").filters) ==
        "filter a, S=unix:/a");
}

TEST_CASE("op.me, H and the check rulesets: rules that may refuse or discard mail", "[load][sendmail]") {
  const SendmailInbound found = inbound_of(
      "H?P?Return-Path: <$g>\nHSubject: $>CheckSubject\nH*: $>+CheckAll\nScheck_eoh\nR$*\t$#discard $: x\n"
      "SLocal_check_mail\nSLocal_check_rcpt\nR$*\t$@ OK\nScheck_compat\nR$*\t$@ ok\n");
  CHECK(listed(found.header_rules) == "HSubject: $>CheckSubject | H*: $>+CheckAll | check_eoh");
  CHECK(listed(found.access_rules) == "Local_check_rcpt | check_compat");
}

TEST_CASE("cf/README, access_db: entries that discard or hold mail of clients and senders", "[load][sendmail]") {
  constexpr std::string_view access =
      "# DISCARD\nFrom:a@example.net\tDISCARD\nTo:b@example.org\tDISCARD\n192.0.2\tQUARANTINE:held\n"
      "Connect:example.net\tREJECT\nConnect:localhost\tRELAY\n";
  CHECK(listed(inbound_of("Kaccess hash -T<TMPF> /etc/mail/access.db\n", access).access_rules) ==
        "access map: From:a@example.net DISCARD | access map: 192.0.2 QUARANTINE:held");
  CHECK(inbound_of("", access).access_rules.empty());
}

TEST_CASE("DESIGN 2.12: what a primary with Sendmail does to mail is compared with this host", "[load][sendmail]") {
  constexpr std::string_view filter = "O InputMailFilters=x\nXx, S=local:/run/spamass/spamass.sock\n";
  CHECK(differences_of("").empty());
  CHECK(differences_of(filter) == "milters! ");
  CHECK(differences_of(filter, filter).empty());
  CHECK(differences_of("O InputMailFilters=d\nXd, S=local:/run/opendkim/opendkim.sock\n") == "routine-checks ");
  constexpr std::string_view rules = "HSubject: $>Check\nSLocal_check_rcpt\nR$*\t$@ OK\n";
  CHECK(differences_of(rules) == "header-actions! access-actions! ");
  CHECK(differences_of(rules, rules) == differences_of(rules));  // two rulesets of one name may differ
}

}  // namespace shorthop::test
