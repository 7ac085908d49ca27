// Gathers the facts for shorthop check. Each function asks one part of the system, and changes nothing there.
#pragma once

#include <chrono>
#include <string>

#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

struct CheckOptions {
  std::string config;
  std::string postfix_config;  ///< empty: from the settings
  bool use_dns = true;
};

/// All facts visible to this user.
HostFacts gather(const CheckOptions& options);

/// The milter's socket, accounts, and whether the daemon could read its files. gather_files.cpp
void gather_files(HostFacts& facts);
/// Postfix, or Sendmail if there is no Postfix. gather_postfix.cpp
void gather_mta(HostFacts& facts, const std::string& postfix_directory);
/// Asks each live table, for no longer than a message would wait. gather_live_tables.cpp
void gather_live_tables(HostFacts& facts);
/// Follows the aliases of each relay, for at most `limit`. gather_surveys.cpp
void gather_surveys(HostFacts& facts, std::chrono::seconds limit);
/// MX records and addresses, for at most `limit`. gather_dns.cpp
void gather_dns(HostFacts& facts, std::chrono::seconds limit);

}  // namespace shorthop::tool
