// Applies edits like an MTA, up to any of them, and tells whether mail is lost. No I/O. Facts: Postfix applies each
// edit when it reads it; a deletion matches exactly and removes every recipient with that text, including earlier
// additions.
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

/// Why applying these edits up to any of them would lose mail or deliver it elsewhere, or why all of them together
/// would cause an extra copy; nullopt if neither. Rules: additions come before the first deletion; only recipients of
/// the client are deleted; an addition is never deleted; after every edit the mailboxes are the same as before, even if
/// another milter has deleted any of the recipients. An addition of a recipient that the client gave is a duplicate,
/// and so one copy, only with the client's ORCPT and NOTIFY.
std::optional<std::string> loss(const Entries& envelope, const std::vector<Packet>& edits,
                                const FinalDeliveries& deliveries);

}  // namespace shorthop::test
