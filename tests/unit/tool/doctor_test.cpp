// The doctor: every broken set-up is found and named, and a healthy one has notes only.
#include <algorithm>
#include <set>

#include "support/catch.h"
#include "tool/doctor/checks.h"
#include "unit/tool/host_changes.h"

using namespace shorthop;
using namespace shorthop::tool;
using namespace shorthop::test;

namespace {

/// The codes of all findings except notes.
std::set<std::string> serious_codes(const Findings& findings) {
  std::set<std::string> found;
  for (const Finding& finding : findings.all()) {
    if (finding.severity != Severity::note) found.insert(std::string(finding.code));
  }
  return found;
}

std::string place_of(const Finding& finding) { return finding.origin.text(); }

}  // namespace

TEST_CASE("each broken set-up is found, by its code and its place, and nothing else is reported", "[tool][doctor]") {
  REQUIRE(broken_hosts().size() >= 40);
  for (const Broken& broken : broken_hosts()) {
    CAPTURE(broken.title);
    HostFacts facts = broken.host();
    broken.breaks(facts);
    const Findings findings = examine(facts);
    CHECK(serious_codes(findings) == std::set<std::string>{broken.code});
    const auto found = std::ranges::find(findings.all(), broken.code, &Finding::code);
    if (found == findings.all().end()) continue;
    CHECK_FALSE(found->what.empty());
    CHECK_FALSE(found->why.empty());
    if (!broken.place.empty()) CHECK(place_of(*found) == broken.place);
  }
}

TEST_CASE("the socket's group is the group of the user that Postfix runs as", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  facts.postfix_account->group = "mail";
  facts.socket.back().gid = 102;
  const Findings findings = examine(facts);
  const auto found = std::ranges::find(findings.all(), "socket-mode", &Finding::code);
  REQUIRE(found != findings.all().end());
  CHECK(found->fix == "set socket-mode = 0660 and socket-group = mail, and restart shorthopd");
}

TEST_CASE("a copy that the primary makes is not said to be made by this host's tables", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  alias_ends_in(LeafKind::copied_elsewhere, "info@example.org")(facts);
  facts.surveys.front().ends.front().detail = "always_bcc sends a copy of all mail at the primary";
  const Findings findings = examine(facts);
  const auto found = std::ranges::find(findings.all(), "bcc-kept", &Finding::code);
  REQUIRE(found != findings.all().end());
  CHECK(found->what == "info@example.org: always_bcc sends a copy of all mail at the primary");
  CHECK(found->fix == "make the copy on this host instead, and remove that setting on the primary");
}

TEST_CASE("chmod(1): the fix gives all missing rights to the class (user, group or others) of the daemon",
          "[tool][doctor]") {
  using Kind = PathPart::Kind;
  constexpr std::uint32_t shorthop = 102;  // the user and group of the daemon in healthy.cpp
  const auto fix_for = [](Kind kind, std::uint32_t mode, std::uint32_t uid, std::uint32_t gid) {
    HostFacts facts = healthy_postfix_host();
    facts.data_files = {{{"/", Kind::directory, 0755, 0, 0}, {"/etc/x", kind, mode, uid, gid}}};
    const Findings findings = examine(facts);
    const auto found = std::ranges::find(findings.all(), "unreadable-for-daemon", &Finding::code);
    return found == findings.all().end() ? std::string() : found->fix;
  };
  CHECK(fix_for(Kind::file, 0600, 0, 0) == "chmod o+r /etc/x");
  CHECK(fix_for(Kind::file, 0604, 0, shorthop) == "chmod g+r /etc/x");
  CHECK(fix_for(Kind::file, 0044, shorthop, 0) == "chmod u+r /etc/x");
  CHECK(fix_for(Kind::directory, 0711, 0, 0) == "chmod o+rx /etc/x");
  CHECK(fix_for(Kind::directory, 0754, 0, 0) == "chmod o+rx /etc/x");
  CHECK(fix_for(Kind::directory, 0755, 0, 0).empty());
}

TEST_CASE("the socket's directory is made as the packages make it, even if a directory above it is missing",
          "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  facts.socket.pop_back();
  facts.socket.pop_back();
  facts.socket.back().kind = PathPart::Kind::missing;
  const Findings findings = examine(facts);
  const auto found = std::ranges::find(findings.all(), "socket-directory-missing", &Finding::code);
  REQUIRE(found != findings.all().end());
  CHECK(place_of(*found) == "/var/spool/postfix/shorthop");
  CHECK(found->fix == "install -d -o shorthop -g postfix -m 2750 /var/spool/postfix/shorthop; then start shorthopd");
}

TEST_CASE("a daemon that runs without its socket must be restarted, a daemon that does not run must be started",
          "[tool][doctor]") {
  for (const bool runs : {false, true}) {
    HostFacts facts = healthy_postfix_host();
    facts.daemon_answers = runs;
    facts.socket.back().kind = PathPart::Kind::missing;
    const Findings findings = examine(facts);
    const auto found = std::ranges::find(findings.all(), "socket-missing", &Finding::code);
    REQUIRE(found != findings.all().end());
    CHECK(found->fix == (runs ? "restart shorthopd: it runs, but not at this socket" : "start shorthopd"));
  }
}

TEST_CASE("a healthy set-up, however odd, gets no error and no warning", "[tool][doctor]") {
  for (const auto& [title, change] : odd_hosts()) {
    CAPTURE(title);
    HostFacts facts = healthy_postfix_host();
    change(facts);
    CHECK(serious_codes(examine(facts)).empty());
  }
  CHECK(serious_codes(examine(healthy_sendmail_host())).empty());
  CHECK(serious_codes(examine(host_without_mta())).empty());
}

TEST_CASE("every code of the doctor is shown by a broken or odd set-up", "[tool][doctor]") {
  std::set<std::string_view> seen;
  const auto look = [&](const HostFacts& facts) {
    const Findings findings = examine(facts);
    for (const Finding& finding : findings.all()) seen.insert(finding.code);
  };
  for (const Broken& broken : broken_hosts()) {
    HostFacts facts = broken.host();
    broken.breaks(facts);
    look(facts);
  }
  for (const auto& [title, change] : odd_hosts()) {
    HostFacts facts = healthy_postfix_host();
    change(facts);
    look(facts);
  }
  look(host_without_mta());
  HostFacts others = healthy_postfix_host();
  relay_settings(others).primary.value = "other.example.net";
  others.surveys.front().not_surveyed = {"hash:/x cannot be listed"};
  without_max_age(others);
  relay_settings(others).has_max_age = false;
  look(others);
  for (const FindingRow& row : finding_rows()) {
    CAPTURE(row.code);
    CHECK(seen.contains(row.code));
  }
}

TEST_CASE("a finding about a parameter of main.cf is reported once, whatever else a service overrides",
          "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  services(
      "smtp inet n - y - - smtpd\n"
      "192.0.2.1:smtp inet n - y - - smtpd\n -o receive_override_options=no_unknown_recipient_checks\n"
      "192.0.2.2:smtp inet n - y - - smtpd\n -o smtpd_proxy_filter=127.0.0.1:2\n")(facts);
  parameter("smtpd_proxy_filter", "127.0.0.1:1")(facts);
  parameter("receive_override_options", "no_address_mappings")(facts);
  const Findings findings = examine(facts);
  std::vector<std::string> found;
  for (const Finding& finding : findings.all()) {
    if (finding.code == "proxy-filter" || finding.code == "no-address-mappings") found.push_back(finding.what);
  }
  std::ranges::sort(found);
  CHECK(found == std::vector<std::string>{"-o smtpd_proxy_filter of 192.0.2.2:smtp/inet in master.cf is 127.0.0.1:2",
                                          "receive_override_options has no_address_mappings",
                                          "smtpd_proxy_filter is 127.0.0.1:1"});
}

TEST_CASE("a missing max-age gets a note, max-age = none does not", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  without_max_age(facts);
  const auto has_note = [&] {
    const Findings findings = examine(facts);
    return std::ranges::find(findings.all(), "no-max-age", &Finding::code) != findings.all().end();
  };
  CHECK_FALSE(has_note());
  relay_settings(facts).has_max_age = false;
  CHECK(has_note());
}

TEST_CASE(
    "the best MX gets a note if it is neither the primary nor a next hop, unless Postfix routes to the primary itself",
    "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  const auto has_note = [&] {
    const Findings findings = examine(facts);
    return std::ranges::find(findings.all(), "mx-primary-differs", &Finding::code) != findings.all().end();
  };
  CHECK_FALSE(has_note());
  facts.dns->exchangers["example.org"] = std::vector<MxRecord>{{10, "filter.example.org"}, {20, "mail.example.com"}};
  CHECK(has_note());
  facts.postfix->routes["example.org"].next_hops = {"filter.example.org"};
  CHECK(has_note());
  facts.postfix->routes["example.org"].next_hops = {"mail.example.org"};
  CHECK_FALSE(has_note());
  facts.postfix->routes.clear();
  facts.dns->exchangers["example.org"] =
      std::vector<MxRecord>{{10, "filter.example.org"}, {20, "mail.example.org"}, {30, "mail.example.com"}};
  CHECK(has_note());
  relay_settings(facts).next_hops.value = {"filter.example.org"};
  CHECK_FALSE(has_note());
}

TEST_CASE("the line for sendmail.mc has all time limits", "[tool][doctor]") {
  HostFacts facts = healthy_sendmail_host();
  facts.sendmail_cf = "";
  const Findings findings = examine(facts);
  const auto found = std::ranges::find(findings.all(), "sendmail-milter-missing", &Finding::code);
  REQUIRE(found != findings.all().end());
  CHECK(found->fix == "write in sendmail.mc: " + sendmail_filter_line(*facts.settings));
  CHECK(found->fix.contains("T=C:5s;S:10s;R:10s;E:30s"));
}

TEST_CASE("findings about primary-postconf have their own explanation, not the one of an alias line",
          "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  of_postconf(Severity::error)(facts);
  const Findings findings = examine(facts);
  REQUIRE(findings.all().front().code == "primary-postconf");
  CHECK(findings.all().front().why.find("alias") == std::string_view::npos);
}
