// The edges of shorthop check: each asks one part of the system for its facts, and changes nothing.
#pragma once

#include <chrono>
#include <string>

#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

struct CheckOptions {
  std::string config;
  std::string postfix_config;  ///< empty: as the settings say
  bool use_dns = true;
};

/// All facts, as far as this user can see.
HostFacts gather(const CheckOptions& questions);

/// The milter's socket, accounts, and whether the daemon could read its files. gather_files.cpp
void gather_files(HostFacts& facts);
/// Postfix, or Sendmail where there is none. gather_postfix.cpp
void gather_mta(HostFacts& facts, const std::string& postfix_directory);
/// Follows the aliases of each relay, for so long at most. gather_surveys.cpp
void gather_surveys(HostFacts& facts, std::chrono::seconds limit);
/// MX records and addresses, for so long at most. gather_dns.cpp
void gather_dns(HostFacts& facts, std::chrono::seconds limit);

}  // namespace shorthop::tool
