// The doctor on what the primary does to mail and this host does not, and on recipients that only the primary knows.
#include <algorithm>
#include <iterator>

#include "support/catch.h"
#include "tool/doctor/checks.h"
#include "tool/doctor/difference_table.h"
#include "unit/tool/healthy.h"

using namespace shorthop;
using namespace shorthop::tool;
using namespace shorthop::test;

TEST_CASE("a difference is reported at the accept-difference line, or for the relay file if it has no such line",
          "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  set_differences(facts, "smtpd_milters = inet:localhost:11332", "");
  const auto place = [&] {
    const Findings findings = examine(facts);
    return std::ranges::find(findings.all(), "primary-difference", &Finding::code)->origin.text();
  };
  CHECK(place() == "/etc/shorthop/relay.d/example.org.conf");
  relay_settings(facts).accepted_differences = {{"tls"}, {"/etc/shorthop/relay.d/example.org.conf", 9}};
  CHECK(place() == "/etc/shorthop/relay.d/example.org.conf:9");
}

TEST_CASE("the table of differences: a relay without differences, and a text wider than its column", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  CHECK(difference_tables(facts).empty());
  set_differences(facts, "relayhost =", "");
  CHECK(
      difference_tables(facts) ==
      "example.org: no difference found: this host does to mail what the primary does, as far as its settings show\n");
  const std::string host(60, 'x');
  set_differences(facts, "relayhost = " + host + "\nsmtpd_tls_security_level = encrypt", "");
  CHECK(difference_tables(facts) ==
        "example.org: what the primary does and this host does not\n"
        "  difference        harms  accepted  the primary                                                   this host\n"
        "  tls               no     no        smtpd_tls_security_level = encrypt                            none\n"
        "  smarthost         no     no        relayhost = " +
            host + "  none\n");
}

TEST_CASE("a difference that harms is an error only if recipients would be replaced", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  set_differences(facts, "content_filter = scan:x\nsmtpd_milters = inet:a:1", "");
  relay_settings(facts).accepted_differences.value = {"bcc"};
  const auto found = [&] {
    std::vector<Finding> all;
    const Findings findings = examine(facts);
    std::ranges::copy_if(findings.all(), std::back_inserter(all),
                         [](const Finding& finding) { return finding.code == "primary-difference"; });
    return all;
  };
  REQUIRE(found().size() == 2);
  CHECK(found().front().severity == Severity::error);
  for (const Finding& finding : found()) CHECK(finding.fix.ends_with("accept-difference = bcc content-filter milters"));
  relay_settings(facts).mode = Mode::observe;
  CHECK(found().front().severity == Severity::warning);
}

TEST_CASE("reject_unverified_recipient needs the primary for a new recipient, so a table is recommended instead",
          "[tool][doctor]") {
  const auto fix_of = [](const HostFacts& facts, std::string_view code) {
    const Findings findings = examine(facts);
    const auto found = std::ranges::find(findings.all(), code, &Finding::code);
    return found == findings.all().end() ? std::string() : found->fix;
  };
  HostFacts facts = healthy_postfix_host();
  set_parameter(facts, "relay_recipient_maps", "");
  const std::string fix = fix_of(facts, "no-relay-recipients");
  CHECK(fix.starts_with("set relay_recipient_maps to a table"));
  CHECK(fix.ends_with("refuse or defer mail while the primary is down"));
  set_parameter(facts, "smtpd_relay_restrictions", "reject_unverified_recipient");
  CHECK(fix_of(facts, "no-relay-recipients").empty());
  CHECK(fix_of(facts, "unverified-recipient").starts_with("set relay_recipient_maps"));
}
