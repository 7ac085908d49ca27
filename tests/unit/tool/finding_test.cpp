// The list of findings: its order, severities and exit status.
#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <functional>

#include "support/catch.h"
#include "tool/doctor/checks.h"
#include "unit/tool/host_changes.h"

using namespace shorthop;
using namespace shorthop::tool;
using namespace shorthop::test;
using Kind = PathPart::Kind;

namespace {

/// The fix of the finding with this code.
std::string fix_for(std::string_view code, const HostFacts& facts) {
  const Findings findings = examine(facts);
  const auto found = std::ranges::find(findings.all(), code, &Finding::code);
  return found == findings.all().end() ? std::string("not found") : found->fix;
}

}  // namespace

TEST_CASE("another milter is an error only if recipients would be replaced", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  facts.settings->other_milters_edit.reset();
  const auto severity = [&] {
    const Findings findings = examine(facts);
    return std::ranges::find(findings.all(), "other-milters", &Finding::code)->severity;
  };
  CHECK(severity() == Severity::error);
  relay_settings(facts).mode = Mode::observe;
  CHECK(severity() == Severity::warning);
  facts.settings->other_milters_edit = true;
  CHECK(severity() == Severity::note);
}

TEST_CASE("the most severe error decides the exit status; warnings count with --strict only", "[tool][doctor]") {
  const auto status = [](const std::vector<std::pair<Severity, ErrorClass>>& problems, bool strict = false) {
    Findings findings;
    for (const auto& [severity, error_class] : problems) findings.add(Diagnostic{{}, "x", {}, severity, error_class});
    return exit_status(findings.all(), strict);
  };
  CHECK(status({}) == EX_OK);
  CHECK(status({{Severity::warning, ErrorClass::settings}}) == EX_OK);
  CHECK(status({{Severity::warning, ErrorClass::settings}}, true) == 1);
  CHECK(status({}, true) == EX_OK);
  CHECK(status({{Severity::error, ErrorClass::data}}) == EX_DATAERR);
  CHECK(status({{Severity::error, ErrorClass::data}, {Severity::error, ErrorClass::temporary}}) == EX_TEMPFAIL);
  CHECK(status({{Severity::error, ErrorClass::missing}, {Severity::error, ErrorClass::temporary}}) == EX_NOINPUT);
  CHECK(status({{Severity::error, ErrorClass::missing}, {Severity::error, ErrorClass::settings}}, true) == EX_CONFIG);
}

TEST_CASE("errors come first, then warnings, then notes", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  socket_part(facts).kind = Kind::missing;
  set_parameter(facts, "smtpd_milters", "unix:shorthop/milter.sock");
  const Findings findings = examine(facts);
  CHECK(std::ranges::is_sorted(findings.all(), std::ranges::greater(), &Finding::severity));
  CHECK(findings.count(Severity::error) == 1);
  CHECK(findings.count(Severity::warning) == 1);
  CHECK(findings.count(Severity::note) >= 1);
}

TEST_CASE("RFC 5321, 5.1: the MX record to add for this host is less preferred than the record of every other host",
          "[tool][doctor]") {
  const auto fix = [](const std::vector<MxRecord>& records) {
    HostFacts facts = healthy_postfix_host();
    exchangers(records)(facts);
    return fix_for("mx-not-listed", facts);
  };
  const std::string added =
      "add \"example.org. MX {} mail.example.com.\" to the zone, or remove the domain from domains";
  CHECK(fix({{10, "mail.example.org"}}) == fmt::format(fmt::runtime(added), 20));
  CHECK(fix({{50, "mail.example.org"}}) == fmt::format(fmt::runtime(added), 60));
  CHECK(fix({{10, "mail.example.org"}, {90, "mx.example.net"}}) == fmt::format(fmt::runtime(added), 100));
  for (const MxRecord& none_is_worse : {MxRecord{65535, "mail.example.org"}, MxRecord{0, ""}}) {
    CHECK_THAT(fix({none_is_worse}),
               Catch::Matchers::ContainsSubstring("one for the primary, and a less preferred one"));
  }
}

TEST_CASE("data that is held back has the fix of its reason: accept a shrink, or copy again", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  auto snapshot = std::make_shared<Snapshot>(*facts.snapshot);
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->held_back = "the table has 50 entries, and had 120";
  relay->held_back_fix = "if that is right: shorthop reload --accept-shrink example.org";
  snapshot->relay_by_domain["example.org"] = relay;
  facts.snapshot = snapshot;
  CHECK(fix_for("data-held-back", facts) == relay->held_back_fix);
}
