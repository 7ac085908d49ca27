// What an MTA would make of the edits that it has read so far, and whether anything is lost by them.
// Pure: no socket, no daemon. Facts: Postfix applies each edit when it is read; a deletion is an exact match and
// takes away everything of that text, also what was added before.
#pragma once

#include "support/milter_wire.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace shorthop::test {

using Mailboxes = std::set<std::string>;

/// A recipient that the client gave, as Postfix keeps it.
struct EnvelopeEntry {
  EnvelopeEntry(std::string recipient, std::string its_notify = {}, std::string its_orcpt = {})
      : text(std::move(recipient)), notify(std::move(its_notify)), orcpt(std::move(its_orcpt)) {}
  EnvelopeEntry(const char* recipient) : EnvelopeEntry(std::string(recipient)) {}

  std::string text;    ///< "<a@b>", less a source route
  std::string notify;  ///< empty: none
  std::string orcpt;   ///< "rfc822;a@b"; empty: Postfix's own, from the text
};
using Entries = std::vector<EnvelopeEntry>;

/// Where mail to an address ends in the end, without any milter, by whatever way: "<a@b>" → mailboxes.
using FinalDeliveries = std::map<std::string, Mailboxes>;

/// Why applying these edits to the envelope, stopped after any of them, would lose mail, deliver it elsewhere, or
/// make a copy too many once all are applied; nothing if all is well.
/// Rules: additions come before the first deletion, what is deleted was asked for by the client, what was added is not
/// deleted, and after every single edit the mailboxes are those of before, also if another milter has deleted any of
/// the recipients. An addition of what the client gave is one copy with it only in the client's words: ORCPT and NOTIFY.
std::optional<std::string> loss(const Entries& envelope, const std::vector<Packet>& edits,
                                const FinalDeliveries& deliveries);

}  // namespace shorthop::test
