// The recipients of one message as the client gave them, what shall replace them, and the edits that do it.
// Pure: nothing here knows an MTA.
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
  std::string argument;            ///< of RCPT TO, byte for byte
  std::optional<Address> address;  ///< absent: it could not be read, so it is never touched
  Dsn dsn;                         ///< as the client gave it
  SharedDecision decision;         ///< never null
  Mode mode = Mode::observe;       ///< of its relay, in the snapshot of this message
  /// Its relay, if the primary sends one copy to an address that several recipients lead to, as Sendmail does.
  const Relay* single_copy_relay = nullptr;

  bool is_replaced() const { return mode == Mode::rewrite && decision->verdict == Verdict::rewrite; }
};

struct Envelope {
  std::vector<EnvelopeRecipient> recipients;
  bool can_pass_parameters = true;  ///< whether the MTA takes ESMTP parameters with an addition
};

struct AddRecipient {
  std::string path;        ///< "<local-part@domain>"
  std::string parameters;  ///< "NOTIFY=... ORCPT=..." or a part of it; empty: none
  bool operator==(const AddRecipient&) const = default;
};
struct DeleteRecipient {
  std::string text;  ///< the client's text
  bool operator==(const DeleteRecipient&) const = default;
};
using Edit = std::variant<AddRecipient, DeleteRecipient>;

/// Whether a recipient is replaced: if none is, the message needs no edit.
bool has_replaced(const Envelope& envelope);

/// Turns decisions that the envelope as a whole forbids into keep: one deletion removes every recipient of that
/// text, and also an addition of that address (FACTS, deletions), so what is deleted must be replaced each time it was
/// given, and no target may be an address that is deleted. Where a primary merges copies, a target must not get one here and
/// another by way of a recipient that stays. Idempotent.
void settle(Envelope& envelope);

/// The edits of a settled envelope, all additions first: one for each target, also where a recipient that stays has it,
/// then one deletion for each text that is replaced.
std::vector<Edit> edits_for(const Envelope& envelope);

}  // namespace shorthop
