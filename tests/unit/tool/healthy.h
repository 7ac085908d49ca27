// A healthy secondary MX as facts: every test of the doctor breaks one of them.
#pragma once

#include <string>

#include "tool/doctor/host_facts.h"

namespace shorthop::test {

inline const std::string relay_file = "/etc/shorthop/relay.d/example.org.conf";

/// example.org is relayed to mail.example.org; Debian's Postfix 3.7 with chrooted smtpd; mode rewrite.
tool::HostFacts healthy_postfix_host();
/// healthy() on a host with Sendmail in place of Postfix.
tool::HostFacts healthy_sendmail_host();
/// No MTA at all, explicit local domains.
tool::HostFacts host_without_mta();

/// Parts that tests change.
tool::PathPart& socket_part(tool::HostFacts& facts);
RelaySettings& relay_settings(tool::HostFacts& facts);
/// Replaces the services of master.cf.
void set_services(tool::HostFacts& facts, std::string_view master_cf);
/// Sets a parameter, in main.cf and in postconf's output.
void set_parameter(tool::HostFacts& facts, const std::string& name, const std::string& value);
/// Adds the lines `primary` to main.cf of the relay's primary and `here` to main.cf of this host, and compares them.
void set_differences(tool::HostFacts& facts, const std::string& primary, const std::string& here);

}  // namespace shorthop::test
