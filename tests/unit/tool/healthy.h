// A healthy secondary MX as facts: every test of the doctor breaks one thing of it.
#pragma once

#include "tool/doctor/host_facts.h"

namespace shorthop::test {

/// example.org is relayed to mail.example.org; Debian's Postfix 3.7 with chrooted smtpd; mode rewrite.
tool::HostFacts healthy_postfix_host();
/// The same with Sendmail.
tool::HostFacts healthy_sendmail_host();
/// No MTA at all, explicit local domains.
tool::HostFacts host_without_mta();

/// Parts that tests change.
tool::PathPart& socket_part(tool::HostFacts& facts);
RelaySettings& relay_settings(tool::HostFacts& facts);
/// A service of master.cf in place of the others.
void set_services(tool::HostFacts& facts, std::string_view master_cf);
/// A parameter, in main.cf and as postconf reads it.
void set_parameter(tool::HostFacts& facts, const std::string& name, const std::string& value);

}  // namespace shorthop::test
