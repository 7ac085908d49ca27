// What happens to one recipient, and why: a value, independent of any MTA.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/resolution.h"
#include "session/reason.h"
#include "session/snapshot.h"

namespace shorthop {

/// `reject`: the primary does not know the recipient, and reject-unknown lets it be refused at RCPT.
enum class Verdict : std::uint8_t { keep, rewrite, reject };
constexpr std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, 3> names = {"keep", "rewrite", "reject"};
  return names[static_cast<std::size_t>(verdict)];
}

struct Decision {
  Verdict verdict = Verdict::keep;
  Reason reason = Reason::not_relayed;
  std::vector<Address> to;  ///< with `rewrite`: the replacements, each once; with `split` some are at the primary
  /// Empty if the chain was not followed. If the chain was followed, but not recorded, this has only the number of
  /// steps and, if the primary merges copies, the leaves.
  Resolution resolution;
  std::string detail;  ///< further information; may be empty
  /// The primary may act on the whole message because of this recipient (access(5) DISCARD, REDIRECT), so all other
  /// recipients for the same primary are kept too.
  bool keeps_others = false;
};

/// One decision shared by all recipients of a message to which it applies.
using SharedDecision = std::shared_ptr<const Decision>;

/// What the MTA and the client say about a recipient. Any field may be empty (unknown).
struct RecipientFacts {
  std::string_view mailer = {};          ///< {rcpt_mailer}
  std::string_view client_address = {};  ///< {client_addr}
  std::string_view client_name = {};     ///< {client_name}
  std::string_view next_hop = {};        ///< {rcpt_host}
  /// The address under which Sendmail relays the recipient ({rcpt_addr}). Empty: not known. With Postfix it is empty,
  /// because Postfix sets the macro before it applies its canonical tables.
  std::string_view relayed_as = {};
  std::string_view written = {};                ///< the client's argument of RCPT TO
  std::optional<std::string_view> sender = {};  ///< the argument of MAIL FROM; absent: unknown
  std::string_view parameter_error = {};        ///< why its ESMTP parameters cannot be passed on; empty: they can
  bool loses_notify = false;                    ///< it has NOTIFY, which the MTA does not accept with an addition
  bool is_ascii_only = false;                   ///< the client did not give SMTPUTF8
  bool needs_utf8 = false;                      ///< the client gave SMTPUTF8; both are false if that is not known
};

/// Whether the MTA relays the recipient under another address: a Sendmail replaces a domain that is a CNAME, an alias
/// in its /etc/hosts, or a key of its domaintable. Also true if its address cannot be read.
bool is_relayed_as_another(const Address& recipient, const RecipientFacts& facts);

/// The facts that the tool assumes for an address: a client that is not a host of any relay gave this RCPT TO argument.
RecipientFacts facts_of_remote_client(std::string_view rcpt_argument);

/// The mode for a recipient of the relay. It is observe if rewrite-only is set and does not match the recipient.
Mode mode_for(const Address& recipient, const Relay& relay);

/// The addresses, folded, for which the recipient's mail comes back if it goes to the primary: the replacements, except
/// those that `split` leaves at the primary.
std::vector<std::string> expected_returns(const Decision& decision, const Snapshot& snapshot);

/// How a decision is made.
struct DecisionOptions {
  std::chrono::system_clock::time_point now;  ///< the present time, for the age of the data
  /// With Trace::off, the chain is followed only as far as the decision needs; the decision is the same.
  Trace trace = Trace::on;
  Budget& budget;  ///< the message's budget; following the chain uses it up
};

/// The budget for decisions outside of a session. Its clock runs, and is not stopped.
Budget running_budget(const Snapshot& snapshot, Deadline now);

/// The decision for one recipient, as in mode `rewrite`. It is the decision of decide_address(), unless facts from the
/// MTA and the client forbid a replacement.
Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                const DecisionOptions& options);
/// decide() with a new budget.
Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                std::chrono::system_clock::time_point now, Trace trace = Trace::on);

/// The decision for an address without facts from an MTA or a client. The route is the one that this host's own Postfix
/// would choose.
Decision decide_address(const Address& recipient, const Snapshot& snapshot, const DecisionOptions& options);

/// decide_address() with facts. The facts about the sender and the parameters of RCPT TO are not used.
Decision decide_address(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                        const DecisionOptions& options);

/// Why the relay's data must not be used; empty: it may be used. If the data is too old, the text names its newest file
/// and the age of that file.
std::string why_unusable(const Relay& relay, std::chrono::system_clock::time_point now);

}  // namespace shorthop
