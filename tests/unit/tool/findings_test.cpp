// The list of findings: its order, severities and exit status.
#include <sysexits.h>

#include <algorithm>
#include <functional>

#include "support/catch.h"
#include "tool/doctor/checks.h"
#include "unit/tool/healthy.h"

using namespace shorthop;
using namespace shorthop::tool;
using namespace shorthop::test;
using Kind = PathPart::Kind;

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

TEST_CASE("the exit status is that of the most severe error; warnings count with --strict only", "[tool][doctor]") {
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
