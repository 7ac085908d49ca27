// When `shorthop check` recommends mode = rewrite (DESIGN 2.11).
#include <algorithm>

#include "support/catch.h"
#include "tool/doctor/checks.h"
#include "unit/tool/healthy.h"

using namespace shorthop;
using namespace shorthop::tool;
using namespace shorthop::test;

TEST_CASE("mode = rewrite is recommended only with enough confirmed predictions and none refuted", "[tool][doctor]") {
  HostFacts facts = healthy_postfix_host();
  relay_settings(facts).mode = Mode::observe;
  const auto has = [&](std::string_view code) {
    const Findings findings = examine(facts);
    return std::ranges::find(findings.all(), code, &Finding::code) != findings.all().end();
  };
  CHECK_FALSE(has("ready-to-rewrite"));  // the daemon does not answer
  facts.predictions = {{"example.org", 99, 0, 0, 0, 0, 99}};
  CHECK_FALSE(has("ready-to-rewrite"));
  CHECK(has("mode-observe"));
  facts.predictions = {{"example.org", 150, 3, 7, 9, 0, 100}};  // refuted, but with earlier data
  CHECK(has("ready-to-rewrite"));
  CHECK_FALSE(has("mode-observe"));
  facts.predictions = {{"example.org", 5000, 1, 0, 0, 0, 99}};  // only 99 were confirmed since one was refuted
  CHECK_FALSE(has("ready-to-rewrite"));
  facts.predictions = {{"example.org", 5000, 1, 0, 0, 1, 100}};
  CHECK_FALSE(has("ready-to-rewrite"));
  CHECK(has("prediction-refuted"));
  relay_settings(facts).mode = Mode::rewrite;
  facts.predictions = {{"example.org", 5000, 0, 0, 0, 0, 5000}};
  CHECK_FALSE(has("ready-to-rewrite"));
}
