// What the SMTP restrictions of a Postfix (postconf(5) smtpd_recipient_restrictions) say about recipients: the tables
// after check_recipient_access, and whether unlisted recipients are refused. No I/O.
#pragma once

#include <string>
#include <vector>

#include "postfix/parameters.h"

namespace shorthop {

/// The tables that are asked about a recipient, each once: those after check_recipient_access, and those that stand
/// alone in a list for recipients or relaying. They come from the restriction lists of main.cf and of the services in
/// master.cf, and from restriction classes.
std::vector<std::string> recipient_access_tables(const Parameters& parameters);

/// Whether one of these lists or classes has a restriction that refuses unlisted recipients.
bool has_unlisted_restriction(const Parameters& parameters);

}  // namespace shorthop
