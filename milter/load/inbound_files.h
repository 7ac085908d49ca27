// Reads the settings of a Postfix for mail from other hosts (postfix/inbound/inbound_mail.h): those of the primary from
// its mirror, those of this host from postconf(1) and master.cf.
#pragma once

#include <string>

#include "postfix/inbound/inbound_mail.h"
#include "settings/settings.h"
#include "system/file_reader.h"

namespace shorthop {

/// Whether the relay has a mirror of a primary with Postfix.
bool has_postfix_mirror(const RelaySettings& settings, const FileReader& files);

/// The profile of a mirror: sendmail if it has a sendmail.cf and no postconf, else the profile in the settings.
Profile profile_of_mirror(const RelaySettings& settings, const FileReader& files);

/// From `postconf`, `master` and files/ of the directory. `unknown` names the first part that cannot be read.
InboundMail inbound_of_mirror(const std::string& mirror, const FileReader& files);

/// `parameters`: the result of Postconf::ask(). If master.cf cannot be read, everything counts as unknown.
InboundMail inbound_of_host(const Parameters& parameters, const std::string& config_directory, const FileReader& files);

}  // namespace shorthop
