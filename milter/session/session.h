// One SMTP connection as a value machine: events in, replies, edits and reports out. It knows no MTA and no log.
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
#include "session/snapshot.h"

namespace shorthop {

/// What was found out about the MTA in negotiation.
struct MtaAbilities {
  bool edits_recipients = true;  ///< it offers to add and to delete recipients
  bool adds_parameters = true;   ///< it offers additions with ESMTP parameters
};

/// RCPT TO as the MTA hands it on; texts that were not said are empty.
struct RcptEvent {
  std::string_view argument;                      ///< "<user@example.org>", as the client sent it
  std::vector<std::string_view> esmtp_arguments;  ///< "NOTIFY=NEVER", "ORCPT=rfc822;..."
  RecipientFacts facts;
  std::string_view mta_version;  ///< macro v: "Postfix 3.7.11"
};

/// What became of one recipient, for the log and the counters.
struct RecipientReport {
  std::string recipient;    ///< the address in external form, or the argument as sent if it is none
  SharedDecision decision;  ///< never null
  Mode mode = Mode::observe;
  bool applied = false;  ///< it is replaced by the edits of this outcome; the bridge takes it back if they fail
};

/// The end of a message: what to send, and what to say.
struct Outcome {
  std::vector<Edit> edits;               ///< additions first; empty: nothing to change
  std::vector<RecipientReport> reports;  ///< one for each recipient that was looked at and not `not-relayed`
  std::optional<std::uint64_t> size;     ///< bytes, as the client declared them with SIZE= (RFC 1870)
};

class Session {
 public:
  using Snapshots = std::function<std::shared_ptr<const Snapshot>()>;
  struct Clocks {
    std::function<std::chrono::system_clock::time_point()> system;  ///< for the age of data
    std::function<std::chrono::steady_clock::time_point()> steady;  ///< for what a message may cost
  };

  /// `chain`: recorded if somebody will read the steps in the reports, else counted.
  Session(MtaAbilities abilities, Snapshots snapshots, Clocks clocks, Trace trace = Trace::on);

  /// MAIL FROM: begins a message and takes the snapshot that holds until its end. SIZE and SMTPUTF8 count.
  void mail(const std::vector<std::string_view>& esmtp_arguments);
  /// RCPT TO: follows the recipient's chain. A message may begin here if the MTA does not send MAIL.
  void rcpt(const RcptEvent& event);
  /// DATA: the outcome if no recipient will be replaced (the message needs no further attention), else nothing.
  std::optional<Outcome> data();
  /// End of message: the outcome; the next message begins afresh.
  Outcome end_of_message();
  /// RSET, a new MAIL, or the connection's end: the message never happened.
  void abort();

 private:
  void begin_message();
  SharedDecision decision_for(const Address& recipient, const RecipientFacts& facts);
  void settle_once();
  Outcome finish();

  MtaAbilities abilities_;
  Snapshots snapshots_;
  Clocks clocks_;
  Trace trace_;
  std::shared_ptr<const Snapshot> snapshot_;                   ///< of the message at hand; null between messages
  Budget budget_;                                              ///< of the message
  std::unordered_map<std::string, SharedDecision> decisions_;  ///< of the message, by all that each rests on
  Envelope envelope_;
  std::optional<std::uint64_t> size_;
  bool takes_utf8_ = false;  ///< the client said SMTPUTF8
  bool is_settled_ = false;
};

}  // namespace shorthop
