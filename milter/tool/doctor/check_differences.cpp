// The doctor on what the primary does to mail and this host does not (postfix/inbound/differences.h).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tool/doctor/checks.h"

namespace shorthop::tool {
namespace {

Origin place_of_acceptance(const RelaySettings& relay) {
  const Origin& place = relay.accepted_differences.origin;
  return place.file.empty() ? Origin{relay.file, 0} : place;
}

/// The line of the relay file that accepts every harmful difference, and those that are accepted already.
std::string accepting_line(const RelaySettings& relay, const std::vector<Difference>& found) {
  std::vector<std::string> names = relay.accepted_differences.value;
  for (const Difference& difference : found) {
    if (difference.row->harms && !is_accepted(difference, names)) names.emplace_back(difference.row->name);
  }
  return fmt::format("accept-difference = {}", fmt::join(names, " "));
}

void report_unaccepted(const RelaySettings& relay, const std::vector<Difference>& found, Findings& findings) {
  const Severity severity = relay.mode == Mode::rewrite ? Severity::error : Severity::warning;
  for (const Difference& difference : found) {
    if (!difference.row->harms || is_accepted(difference, relay.accepted_differences.value)) continue;
    findings.add("primary-difference", severity, place_of_acceptance(relay),
                 fmt::format("{}: the primary has {}; this host: {}", difference.row->name, difference.sides.primary,
                             difference.sides.here),
                 fmt::format("{}; or, if mail may skip everything in the table below: {}", difference.row->fix,
                             accepting_line(relay, found)));
  }
}

/// Whether access-actions accepts a FILTER of this host's tables for mail of the primary.
bool skips_client_filter(const std::string& relay, const HostFacts& facts) {
  return facts.snapshot && std::ranges::any_of(facts.snapshot->relays, [&](const auto& one) {
           return one->name == relay && one->skips_client_filter;
         });
}

void report_needless(const RelaySettings& relay, const std::vector<Difference>& found, const HostFacts& facts,
                     Findings& findings) {
  for (const std::string& name : relay.accepted_differences.value) {
    const auto is_it = [&](const Difference& difference) { return difference.row->name == name; };
    if (std::ranges::any_of(found, is_it)) continue;
    if (name == "access-actions" && skips_client_filter(relay.name, facts)) continue;
    findings.add("accepted-difference", place_of_acceptance(relay),
                 fmt::format("accept-difference has {}, but the hosts do not differ in it", name), "remove it");
  }
}

/// If two hosts had the same name, smtp(8) of one would send no mail to the other. So the primary has another name.
void report_own_mirror(const RelaySettings& relay, const std::string& name, const HostFacts& facts,
                       Findings& findings) {
  if (name.empty() || std::ranges::find(facts.own.names, name) == facts.own.names.end()) return;
  findings.add("mirror-of-this-host", relay.mirror.origin,
               fmt::format("the mirror has the settings of {}, which is this host", name),
               fmt::format("fill it from {}", relay.primary.value));
}

}  // namespace

void check_differences(const HostFacts& facts, Findings& findings) {
  for (const RelayDifferences& differences : facts.differences) {
    const auto relay = std::ranges::find(facts.settings->relays, differences.relay, &RelaySettings::name);
    if (relay == facts.settings->relays.end()) continue;
    report_unaccepted(*relay, differences.found, findings);
    report_needless(*relay, differences.found, facts, findings);
    report_own_mirror(*relay, differences.host_name, facts, findings);
  }
}

}  // namespace shorthop::tool
