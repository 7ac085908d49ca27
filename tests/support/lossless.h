// Applies edits one by one like an MTA, and tells whether mail would be lost after any of them. No I/O. Facts: Postfix
// applies each edit when it reads it; a deletion matches exactly and removes every recipient with that text, including
// earlier additions.
#pragma once

#include "support/milter_wire.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace shorthop::test {

using Mailboxes = std::set<std::string>;

/// A recipient given by the client, as stored by Postfix.
struct EnvelopeEntry {
  EnvelopeEntry(std::string recipient, std::string its_notify = {}, std::string its_orcpt = {})
      : text(std::move(recipient)), notify(std::move(its_notify)), orcpt(std::move(its_orcpt)) {}
  EnvelopeEntry(const char* recipient) : EnvelopeEntry(std::string(recipient)) {}

  std::string text;    ///< "<a@b>", without source route
  std::string notify;  ///< empty: none
  std::string orcpt;   ///< "rfc822;a@b"; empty: Postfix's default, made from the text
};
using Entries = std::vector<EnvelopeEntry>;

/// Where mail to an address is finally delivered, without a milter: "<a@b>" → mailboxes.
using FinalDeliveries = std::map<std::string, Mailboxes>;

/// Says why mail would be lost or delivered elsewhere after one of these edits, or why they would cause an extra copy;
/// nullopt if neither happens. Rules: additions come before the first deletion; only recipients of the client are
/// deleted; an addition is never deleted; after every edit the mailboxes are the same as before, even if another milter
/// has deleted any of the recipients. If a recipient of the client is added again, it must have the client's ORCPT and
/// NOTIFY: otherwise Postfix does not drop it as a duplicate, and delivers a second copy.
std::optional<std::string> find_loss(const Entries& envelope, const std::vector<Packet>& edits,
                                     const FinalDeliveries& deliveries);

}  // namespace shorthop::test
