// State machine of one SMTP connection; no I/O, no MTA, no log.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "primary/budget.h"
#include "session/envelope.h"
#include "session/predictions.h"
#include "session/snapshot.h"

namespace shorthop {

/// What the MTA offered in negotiation.
struct MtaAbilities {
  bool edits_recipients = true;  ///< adding and deleting recipients
  bool adds_parameters = true;   ///< adding recipients with ESMTP parameters
  bool asks_at_rcpt = false;     ///< it waits for an answer to RCPT, so that a recipient can be refused
};

/// RCPT TO as passed on by the MTA; missing texts are empty.
struct RcptEvent {
  std::string_view argument;                      ///< "<user@example.org>", as the client sent it
  std::vector<std::string_view> esmtp_arguments;  ///< "NOTIFY=NEVER", "ORCPT=rfc822;..."
  RecipientFacts facts;
  std::string_view mta_version;  ///< macro v: "Postfix 3.7.11"
};

/// The result for one recipient, for the log and the counters.
struct RecipientReport {
  std::string recipient;    ///< the address in external form, or the argument as sent if it is not an address
  SharedDecision decision;  ///< never null
  Mode mode = Mode::observe;
  bool applied = false;  ///< replaced by the edits of this outcome (the bridge clears this if they fail), or refused
  const Relay* relay = nullptr;  ///< its relay, in the outcome's snapshot; null: none
  std::string orcpt = {};        ///< the ORCPT of its mail when it is relayed to the primary; empty: unknown
  unsigned hops_saved = 0;       ///< set by credit_savings(); 0: none, or credited to another recipient of the message
  unsigned hops_observed = 0;    ///< as hops_saved, for hops that mode = rewrite would have saved
};

/// The end of a message: the edits to send and the reports to log.
struct Outcome {
  std::vector<Edit> edits;                   ///< additions first; empty: nothing to change
  std::vector<RecipientReport> reports;      ///< one for each recipient, except those that are `not-relayed`
  std::optional<std::uint64_t> size;         ///< bytes, as declared by the client with SIZE= (RFC 1870)
  std::shared_ptr<const Snapshot> snapshot;  ///< the message's snapshot; null: there was none
  /// Recipients that are not relayed, if the client is a host of a relay: their mail may have come back from there.
  std::vector<Arrival> arrivals;
  std::vector<std::string> client_relays;  ///< names of the relays of which the client is a host
  bool has_others = false;                 ///< the message has recipients without a report
  bool may_go_anywhere = false;            ///< it has a recipient with may_be_any_address
};

class Session {
 public:
  using Snapshots = std::function<std::shared_ptr<const Snapshot>()>;
  struct Clocks {
    std::function<std::chrono::system_clock::time_point()> system;  ///< measures the age of data
    std::function<std::chrono::steady_clock::time_point()> steady;  ///< measures the time of look-ups
  };

  /// `trace`: Trace::on if the steps in the reports will be read.
  Session(MtaAbilities abilities, Snapshots snapshots, Clocks clocks, Trace trace = Trace::on);

  /// MAIL FROM: begins a message and takes the snapshot used until its end. Evaluates SIZE and SMTPUTF8. `sender`: the
  /// argument as the client sent it, "<user@example.net>" or "<>"; nullopt: not known.
  void mail(const std::vector<std::string_view>& esmtp_arguments,
            std::optional<std::string_view> sender = std::nullopt);
  /// RCPT TO: follows the recipient's chain. A message may begin here if the MTA does not send MAIL. If the recipient
  /// must be refused, it does not become part of the message, and its report is returned; nullopt: it is accepted.
  std::optional<RecipientReport> rcpt(const RcptEvent& event);
  /// DATA: the outcome if no recipient will be replaced (the message needs no edit), else nullopt. The queue ID, empty
  /// if unknown, decides whether the message is a control sample.
  std::optional<Outcome> data(std::string_view queue_id = {});
  /// End of message: the outcome; the state is reset for the next message. The queue ID is used if data() was not
  /// called.
  Outcome end_of_message(std::string_view queue_id = {});
  /// RSET, a new MAIL, or the end of the connection: discards the message.
  void abort();

 private:
  void begin_message();
  void decide_about(EnvelopeRecipient& recipient, const RecipientFacts& facts);
  void find_client_relays(const RecipientFacts& facts);
  void choose_control_sample(std::string_view queue_id);
  void add_arrivals(Outcome& outcome);
  std::optional<RecipientReport> take_refused();
  SharedDecision decision_for(const Address& recipient, const RecipientFacts& facts, std::string_view orcpt);
  void find_passed_on();
  bool find_shared_copies();
  void enforce_rules_once(std::string_view queue_id);
  Outcome finish();

  MtaAbilities abilities_;
  Snapshots snapshots_;
  Clocks clocks_;
  Trace trace_;
  std::shared_ptr<const Snapshot> snapshot_;                   ///< the current message's; null between messages
  Budget budget_;                                              ///< the current message's
  std::unordered_map<std::string, SharedDecision> decisions_;  ///< the current message's, by key_of() (.cpp)
  Envelope envelope_;
  std::optional<std::string> sender_;  ///< as the client sent it; absent: not known
  std::optional<std::uint64_t> size_;
  std::vector<std::string> client_relays_;  ///< relays of which the current client is a host
  bool is_client_known_ = false;
  bool takes_utf8_ = false;     ///< the client gave SMTPUTF8
  bool asks_for_verp_ = false;  ///< the client gave XVERP
  bool are_rules_enforced_ = false;
};

}  // namespace shorthop
