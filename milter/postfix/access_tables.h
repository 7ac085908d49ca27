// What the SMTP restrictions of a Postfix (postconf(5) smtpd_recipient_restrictions) say about recipients: the tables
// after check_recipient_access, who is refused without an entry in a table, and whether unlisted recipients are
// refused. No I/O.
#pragma once

#include <string>
#include <vector>

#include "postfix/parameters.h"
#include "tables/access.h"

namespace shorthop {

struct RecipientChecks {
  /// The tables that are asked about a recipient, each once: those after check_recipient_access, and those that stand
  /// alone in a list for recipients or relaying.
  std::vector<std::string> tables;
  /// Each bare reject, defer, defer_if_permit and defer_if_reject that mail from other hosts may reach. Not those
  /// behind permit_auth_destination, nor those behind a permit_mynetworks or the like in a list that says nothing about
  /// recipients or senders: a host whose mail reaches these could send no mail here at all.
  std::vector<AccessRefusal> refusals;
  bool operator==(const RecipientChecks&) const = default;
};

/// From the restriction lists of main.cf and of the services in master.cf, and from restriction classes. The refusals
/// are those of main.cf and of services on the SMTP port. In a class that an entry of some access table may name, they
/// count only behind tables of recipients.
RecipientChecks recipient_checks(const Parameters& parameters);

/// Whether one of these lists or classes has a restriction that refuses unlisted recipients.
bool has_unlisted_restriction(const Parameters& parameters);

}  // namespace shorthop
