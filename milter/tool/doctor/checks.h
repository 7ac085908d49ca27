// The doctor's checks, one file each: pure functions from facts to findings.
#pragma once

#include "tool/doctor/finding.h"
#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

/// Settings and tables: missing relays, missing, empty or old tables, files that the daemon cannot read.
void check_relays(const HostFacts& facts, Findings& findings);
/// The milter's socket, and the path to it as the postfix user would reach it.
void check_socket(const HostFacts& facts, Findings& findings);
/// Whether and how Postfix asks the milter.
void check_milter(const HostFacts& facts, Findings& findings);
/// Other Postfix features that affect the recipients that shorthop decides on.
void check_postfix(const HostFacts& facts, Findings& findings);
/// What the primary of each relay does to mail and this host does not.
void check_differences(const HostFacts& facts, Findings& findings);
void check_sendmail(const HostFacts& facts, Findings& findings);
void check_dns(const HostFacts& facts, Findings& findings);
/// Aliases followed to their ends: unknown users, mistyped domains, loops; and possible savings.
void check_aliases(const HostFacts& facts, Findings& findings);

/// Runs all checks, adds the loader's diagnostics, and sorts the findings.
Findings examine(const HostFacts& facts);

/// The class of mode bits that decides about the account, as chmod(1) names it: 'u', 'g' or 'o'. As in the kernel, the
/// first that matches decides: owner, group or others (path_resolution(7)).
char mode_class(const PathPart& part, const Account& account);

/// The first part of a path that denies the account something: the rights `bits` (04, 02, 01) on the last part, or the
/// search of a directory above it. Null: no part does, or one is missing or hidden.
const PathPart* first_denied(const PathFacts& path, const Account& account, std::uint32_t bits);

/// Adds a finding if there are other milters, and the postmaster has not declared that they neither add nor delete
/// recipients.
void report_other_milters(const std::vector<std::string>& others, const Settings& settings, Findings& findings);

/// The line of main.cf that sets a parameter.
Origin place_of_parameter(const PostfixHost& postfix, std::string_view name);
/// The line of master.cf on which a service begins.
Origin place_of_service(const PostfixHost& postfix, const MasterService& service);

}  // namespace shorthop::tool
