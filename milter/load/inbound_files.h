// Reads what a Postfix says about mail from other hosts (postfix/inbound_mail.h): the primary's from its mirror, this
// host's from postconf(1) and master.cf.
#pragma once

#include <string>

#include "postfix/inbound_mail.h"
#include "settings/settings.h"
#include "system/file_reader.h"

namespace shorthop {

/// Whether the relay has a mirror of a primary with Postfix.
bool has_postfix_mirror(const RelaySettings& settings, const FileReader& files);

/// What the primary of a mirror runs: Sendmail if there is a sendmail.cf in it and no postconf, else as the settings say.
Profile profile_of_mirror(const RelaySettings& settings, const FileReader& files);

/// From `postconf`, `master` and files/ of the directory. What is missing is named in `unknown`.
InboundMail inbound_of_mirror(const std::string& mirror, const FileReader& files);

/// `parameters`: of Postconf::ask(). If master.cf cannot be read, nothing counts as known.
InboundMail inbound_of_host(const Parameters& parameters, const std::string& config_directory, const FileReader& files);

}  // namespace shorthop
