#include "tool/doctor/checks.h"

#include <algorithm>
#include <array>

#include "mail/host.h"

namespace shorthop::tool {
namespace {

/// The code for the kind of file that a problem is about; empty: choose by its error class.
std::string_view code_of(const Diagnostic& problem, const HostFacts& facts) {
  if (problem.subject == Subject::mirror) return "mirror";
  if (problem.subject == Subject::incomplete_copy) return "copy-incomplete";
  if (problem.origin.file.empty() || !facts.settings) return {};
  for (const RelaySettings& relay : facts.settings->relays) {
    if (problem.origin.file == relay.primary_postconf.value) return "primary-postconf";
    // The problem is not in one of the data files, but in the set of them.
    if (problem.origin.file == relay.file && problem.error_class == ErrorClass::data) return "copies-differ";
  }
  return {};
}

/// Whether check_dns() reports the same problem with a better fix (primary-unknown): the DNS says that the name of the
/// primary has no address.
bool is_reported_by_check_dns(const Diagnostic& problem, const HostFacts& facts) {
  if (problem.subject != Subject::address_of_primary || !facts.dns || !facts.settings) return false;
  return std::ranges::any_of(facts.settings->relays, [&](const RelaySettings& relay) {
    const auto silence = facts.dns->unknown_hosts.find(host_key(relay.primary.value));
    return relay.file == problem.origin.file && silence != facts.dns->unknown_hosts.end() && silence->second.is_certain;
  });
}

}  // namespace

Findings examine(const HostFacts& facts) {
  Findings findings;
  for (const Diagnostic& problem : facts.problems) {
    if (!is_reported_by_check_dns(problem, facts)) findings.add(problem, code_of(problem, facts));
  }
  constexpr std::array checks = {check_relays,  check_differences, check_socket, check_milter,
                                 check_postfix, check_sendmail,    check_dns,    check_aliases};
  for (const auto check : checks) check(facts, findings);
  findings.sort();
  return findings;
}

}  // namespace shorthop::tool
