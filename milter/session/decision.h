// What shall become of one recipient, and why: a value, made without an MTA.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/resolution.h"
#include "session/reason.h"
#include "session/snapshot.h"

namespace shorthop {

enum class Verdict : std::uint8_t { keep, rewrite };

struct Decision {
  Verdict verdict = Verdict::keep;
  Reason reason = Reason::not_relayed;
  std::vector<Address> to;  ///< with `rewrite`: what takes its place, each once; with `split` some at the primary
  /// Empty where the chain was not followed. Where it was not recorded only the number of steps, and with a primary
  /// that merges copies the leaves.
  Resolution resolution;
  std::string detail;  ///< what more there is to say; may be empty
};

/// One decision for all recipients of a message that it holds for.
using SharedDecision = std::shared_ptr<const Decision>;

/// What the MTA and the client say about a recipient; each may be empty (not said).
struct RecipientFacts {
  std::string_view mailer = {};           ///< {rcpt_mailer}
  std::string_view client_address = {};   ///< {client_addr}
  std::string_view client_name = {};      ///< {client_name}
  std::string_view next_hop = {};         ///< {rcpt_host}
  std::string_view written = {};          ///< the client's argument
  std::string_view parameter_error = {};  ///< why its ESMTP arguments cannot be passed on; empty: they can
  bool loses_notify = false;              ///< it has NOTIFY, which the MTA does not take with an addition
  bool is_ascii_only = false;             ///< the client did not say SMTPUTF8
};

/// Whether the recipient's primary sends one copy to an address that several recipients lead to, as Sendmail does.
bool merges_copies(const Relay& relay);

/// The decision for one recipient, as it would be in mode `rewrite`: decide_address(), unless what the MTA and the
/// client say of the recipient forbids to replace it.
Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                std::chrono::system_clock::time_point now, Trace trace, Budget& budget);
/// The same with a budget of its own.
Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                std::chrono::system_clock::time_point now, Trace trace = Trace::on);

/// The decision for an address of which no MTA and no client says anything: the daemon's and the tool's one code path.
/// Its chain draws on the budget of its message. With Trace::off the chain is followed no further than the decision
/// needs; the decision is the same as with Trace::on.
Decision decide_address(const Address& recipient, const Snapshot& snapshot, std::chrono::system_clock::time_point now,
                        Trace trace, Budget& budget);

/// Why the data of the relay may not be acted on, with its newest file and its age; empty: it may.
std::string staleness(const Relay& relay, std::chrono::system_clock::time_point now);

/// Passes of the message between the hosts that a rewrite spares: to the primary and back. What is split still goes
/// there.
unsigned hops_saved_by_rewrite(Reason reason);

}  // namespace shorthop
