// shorthop check --monitoring: statuses, the line, and performance data that a monitoring system can read.
#include "tool/doctor/monitoring.h"

#include <sysexits.h>

#include <regex>

#include "support/catch.h"
#include "tool/doctor/checks.h"
#include "unit/tool/healthy.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using namespace shorthop::tool;
using shorthop::ErrorClass;
using shorthop::test::World;

namespace {

/// The form that the Monitoring Plugins guidelines give for the part after '|':
/// 'label'=value[unit];warning;critical;least, separated by spaces.
bool is_performance_data(const std::string& text) {
  static const std::regex form(R"(( ('[^'=]+'|[^'= ]+)=[0-9]+s?;[0-9]*;[0-9]*;0)+)");
  return std::regex_match(text, form);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Monitoring of(const Findings& findings) { return monitoring_of(shorthop::test::healthy_postfix_host(), findings); }

}  // namespace

TEST_CASE("monitoring: errors are critical, warnings are warnings, notes are neither", "[tool][check]") {
  Findings findings;
  findings.add("savings", {}, "a note");
  CHECK(of(findings).status == MonitoringStatus::ok);
  CHECK_THAT(of(findings).text,
             StartsWith("SHORTHOP OK: 0 errors, 0 warnings | errors=0;;0;0 warnings=0;0;;0 notes=1;;;0"));
  findings.add("table", shorthop::Severity::warning, {}, "odd line");
  findings.sort();
  CHECK(of(findings).status == MonitoringStatus::warning);
  CHECK_THAT(of(findings).text, StartsWith("SHORTHOP WARNING: 0 errors, 1 warning: odd line [table] |"));
  findings.add("setting", {}, "wrong");
  findings.sort();
  CHECK(of(findings).status == MonitoringStatus::critical);
  CHECK_THAT(of(findings).text, ContainsSubstring("\nerror: wrong [setting]\nwarning: odd line [table]\n"));
}

TEST_CASE("monitoring: the status is unknown if the only errors are that something could not be asked",
          "[tool][check]") {
  Findings findings;
  findings.add("not-asked", shorthop::Severity::error, {}, "no answer");
  CHECK(of(findings).status == MonitoringStatus::unknown);
  findings.add("setting", {}, "wrong");
  findings.sort();
  CHECK(of(findings).status == MonitoringStatus::critical);
}

TEST_CASE("monitoring: any text leaves the line and the performance data readable", "[tool][check]") {
  Findings findings;
  findings.add("setting", {}, "a|b\nc'd\x1b[0m" + std::string(5000, 'x'));
  const std::string line = first_line(of(findings).text);
  CHECK(line.size() < 1000);
  CHECK(std::ranges::count(line, '|') == 1);
  CHECK(is_performance_data(line.substr(line.find('|') + 1)));
}

TEST_CASE("check --monitoring: one line for the world, with the age of its data", "[tool][check]") {
  const World world;
  const auto ran = world.tool({"check", "--no-dns", "--monitoring"});
  CHECK(ran.status == 0);
  const std::string line = first_line(ran.output);
  CHECK_THAT(line, StartsWith("SHORTHOP OK: 0 errors, 0 warnings | "));
  CHECK_THAT(line, ContainsSubstring("'aliases example.org'=3;;;0 'rewritten example.org'=2;;;0 'age example.org'="));
  CHECK(is_performance_data(line.substr(line.find('|') + 1)));
  world.write("shorthop.conf", "mdoe = rewrite\n");
  CHECK(world.tool({"check", "--monitoring"}).status == 2);
}

TEST_CASE("check --monitoring: data beyond max-age is a warning, and max-age is the limit in the performance data",
          "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains = example.org\nprimary = 192.0.2.10\narrives-here = example.com\nmax-age = 1h\n"
              "virtual-alias-maps = text:../virtual\nprimary-postconf = ../postconf-n\n");
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  for (const char* name : {"virtual", "postconf-n"}) std::filesystem::last_write_time(world.file(name), old);
  const auto ran = world.tool({"check", "--no-dns", "--monitoring"});
  CHECK(ran.status == 1);
  CHECK_THAT(ran.output, ContainsSubstring("[stale-data]"));
  CHECK_THAT(first_line(ran.output), ContainsSubstring("'age example.org'=720") && ContainsSubstring("s;3600;;0"));
}
