// The recipients of one message as the client gave them, their replacements, and the edits that replace them.
// Independent of any MTA.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mail/address.h"
#include "mail/dsn.h"
#include "session/decision.h"

namespace shorthop {

struct EnvelopeRecipient {
  std::string argument;            ///< the argument of RCPT TO, byte for byte
  std::optional<Address> address;  ///< absent: it is unreadable, so it is never changed
  Dsn dsn;                         ///< NOTIFY and ORCPT as the client gave them
  bool has_unread_dsn = false;     ///< the MTA accepted parameters that could not be read: dsn lacks them
  SharedDecision decision;         ///< never null
  Mode mode = Mode::observe;       ///< its relay's mode, in the snapshot of this message
  const Relay* relay = nullptr;    ///< its relay, in the snapshot of this message; null: none
  /// Its mail may go to any address of any primary. Such a recipient belongs to no relay. There are three cases: it is
  /// unreadable; its next hop is a primary; this host's MTA may take it for another address
  /// ("user%example.org@example.com"), or may pass its mail on under another address.
  bool may_be_any_address = false;
  /// LocalHost::may_merge_with_another() for one of the mailboxes that it leads to.
  bool may_merge_with_another = false;

  bool is_replaced() const { return mode == Mode::rewrite && decision->verdict == Verdict::rewrite; }
};

struct Envelope {
  std::vector<EnvelopeRecipient> recipients;
  bool can_pass_parameters = true;  ///< whether the MTA accepts ESMTP parameters with an addition
};

struct AddRecipient {
  std::string path;        ///< "<local-part@domain>"
  std::string parameters;  ///< "NOTIFY=... ORCPT=...", one of them, or empty
  bool operator==(const AddRecipient&) const = default;
};
struct DeleteRecipient {
  std::string text;  ///< the client's text
  bool operator==(const DeleteRecipient&) const = default;
};
using Edit = std::variant<AddRecipient, DeleteRecipient>;

/// Whether any recipient is replaced; if not, the message needs no edit.
bool has_replaced(const Envelope& envelope);

/// Turns decisions into keep if the envelope as a whole forbids them. One deletion removes every recipient with that
/// text, and also an addition of that address (FACTS, deletions). So a deleted text must be replaced each time it was
/// given, and a target must not be a deleted address. If a primary merges copies, a target must not get one copy here
/// and another through a recipient that stays. Idempotent.
void enforce_envelope_rules(Envelope& envelope);

/// The original recipient for delivery reports (RFC 3461, 4.2): the client's ORCPT, else the argument as written, which
/// Postfix would use. If neither can be passed on, it is made from the parsed address. Empty if the address is
/// unreadable too.
std::string orcpt_of(const EnvelopeRecipient& recipient);

/// The edits of an envelope, after enforce_envelope_rules(). First come the additions: one for each target, even if a
/// recipient that stays has the same address. Then comes one deletion for each text that is replaced.
std::vector<Edit> edits_for(const Envelope& envelope);

}  // namespace shorthop
