// Reads the settings for mail from other hosts (postfix/inbound/inbound_mail.h). The primary's are in its mirror, this
// host's come from postconf(1) and master.cf, or from sendmail.cf.
#pragma once

#include <optional>
#include <string>

#include "postfix/inbound/inbound_mail.h"
#include "settings/settings.h"
#include "system/file_reader.h"

namespace shorthop {

/// The profile of a mirror: sendmail if it has a sendmail.cf and no postconf, else the profile in the settings.
Profile profile_of_mirror(const RelaySettings& settings, const FileReader& files);

/// From `postconf`, `master` and files/ of the relay's mirror, or from its sendmail.cf. `unknown` names the first part
/// that cannot be read. nullopt: there is no mirror, or the profile is flat.
std::optional<InboundMail> inbound_of_mirror(const RelaySettings& settings, const FileReader& files);

/// From /etc/mail/sendmail.cf of this host. Its Postfix, if it has one, is not asked.
InboundMail inbound_of_own_sendmail(const FileReader& files);

/// `parameters`: the result of Postconf::ask(). If master.cf cannot be read, everything counts as unknown.
InboundMail inbound_of_host(const Parameters& parameters, const std::string& config_directory, const FileReader& files);

}  // namespace shorthop
