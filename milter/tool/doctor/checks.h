// The doctor's checks: facts in, findings out, nothing asked on the way. A file each.
#pragma once

#include "tool/doctor/finding.h"
#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

/// Settings and tables: no relay, no or empty or old tables, files that the daemon may not read.
void check_relays(const HostFacts& facts, Findings& findings);
/// The milter's socket and the way to it, with the eyes of Postfix.
void check_socket(const HostFacts& facts, Findings& findings);
/// Whether and how Postfix asks the milter.
void check_milter(const HostFacts& facts, Findings& findings);
/// What else of Postfix touches the recipients that shorthop decides on.
void check_postfix(const HostFacts& facts, Findings& findings);
void check_sendmail(const HostFacts& facts, Findings& findings);
void check_dns(const HostFacts& facts, Findings& findings);
/// The aliases followed to their ends: unknown users, mistyped domains, loops; and what would be saved.
void check_aliases(const HostFacts& facts, Findings& findings);

/// All of them, and what the loader said; sorted.
Findings examine(const HostFacts& facts);

/// Whether an account may do that with a path: pass its directories, and have these bits (04, 02, 01) of its last part.
/// The first part that says no; null if none does.
const PathPart* first_denied(const PathFacts& path, const Account& account, std::uint32_t bits);

/// The line of main.cf where a parameter is set.
Origin place_of_parameter(const PostfixHost& postfix, std::string_view name);
/// The line of master.cf where a service begins.
Origin place_of_service(const PostfixHost& postfix, const MasterService& service);

}  // namespace shorthop::tool
