#include "session/session.h"

#include <algorithm>
#include <map>

#include "mail/rcpt.h"
#include "session/merged_copies.h"
#include "session/relay_hosts.h"
#include "text/ascii.h"
#include "text/number.h"

namespace shorthop {
namespace {

constexpr std::uint64_t max_declared_size = std::uint64_t{1} << 40;  // 1 TiB

/// RFC 1870: SIZE=DIGITS. Any other form, and a size that no message can have, is ignored: a client may write anything.
std::optional<std::uint64_t> declared_size(const std::vector<std::string_view>& esmtp_arguments) {
  for (const std::string_view argument : esmtp_arguments) {
    if (!starts_with_folded(argument, "SIZE=")) continue;
    const auto size = to_number<std::uint64_t>(argument.substr(5));
    if (size && *size <= max_declared_size) return size;
  }
  return std::nullopt;
}

/// VERP_README: "XVERP" or "XVERP=+=".
bool is_xverp(std::string_view argument) { return equal_folded(argument.substr(0, argument.find('=')), "XVERP"); }

/// Sendmail's macro v is only a version ("8.17.1"); Postfix's names the program ("Postfix 3.7.11").
bool is_sendmail(std::string_view mta_version) { return !mta_version.empty() && is_digit(mta_version.front()); }

SharedDecision keep(Reason reason, std::string detail) {
  return std::make_shared<const Decision>(Verdict::keep, reason, std::vector<Address>(), Resolution(),
                                          std::move(detail));
}

SharedDecision not_relayed() {
  static const SharedDecision decision = std::make_shared<const Decision>();
  return decision;
}

/// Everything that a decision within one message depends on. Macros are C strings, so they contain no NUL.
std::string key_of(const Address& recipient, const RecipientFacts& facts) {
  std::string key = recipient.internal();
  for (const std::string_view text : {facts.mailer, facts.next_hop, facts.client_address, facts.client_name}) {
    key.append(1, '\0').append(text);
  }
  key.append(1, '\0').append(facts.parameter_error).append(1, '\0').append(facts.relayed_as);
  for (const bool fact : {facts.written.contains('\\'), facts.loses_notify, facts.needs_utf8}) {
    key += fact ? '+' : '-';
  }
  return key;
}

/// The recipient as shown in reports: an unreadable address as received, without its brackets.
std::string shown(const EnvelopeRecipient& recipient) {
  if (recipient.address) return recipient.address->external();
  std::string_view text = recipient.argument;
  if (text.starts_with('<')) text.remove_prefix(1);
  if (text.ends_with('>')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

Session::Session(MtaAbilities abilities, Snapshots snapshots, Clocks clocks, Trace trace)
    : abilities_(abilities), snapshots_(std::move(snapshots)), clocks_(std::move(clocks)), trace_(trace) {}

void Session::begin_message() {
  abort();
  snapshot_ = snapshots_();
  budget_ = Budget({.time = snapshot_->lookup_timeout});
}

/// A client may give the same recipient a thousand times; its chain is followed once.
SharedDecision Session::decision_for(const Address& recipient, const RecipientFacts& facts, std::string_view orcpt) {
  if (snapshot_->relay_for(recipient) == nullptr) return not_relayed();
  // Mail without a mailer comes from sendmail(1): Postfix rewrites its addresses, but compares deletions with the text
  // before the rewriting. It tells milters neither the route nor NOTIFY (FACTS, macros).
  if (facts.mailer.empty()) {
    return keep(Reason::not_followed, "the MTA does not name the route, as for mail from sendmail(1)");
  }
  SharedDecision& decision = decisions_[key_of(recipient, facts)];
  if (decision == nullptr) {
    // Recipients with the same ORCPT may share a copy, if their ends are the same.
    const bool may_share = !orcpt.empty() && orcpt_key(orcpt) != orcpt_key(orcpt_as_given(facts.written));
    const Trace trace = trace_ == Trace::off && may_share ? Trace::ends : trace_;
    budget_.start_clock(clocks_.steady());
    decision =
        std::make_shared<const Decision>(decide(recipient, facts, *snapshot_, {clocks_.system(), trace, budget_}));
    budget_.stop_clock(clocks_.steady());
  }
  return decision;
}

void Session::mail(const std::vector<std::string_view>& esmtp_arguments, std::optional<std::string_view> sender) {
  begin_message();
  sender_ = sender;
  size_ = declared_size(esmtp_arguments);
  takes_utf8_ = std::ranges::any_of(esmtp_arguments, [](auto argument) { return equal_folded(argument, "SMTPUTF8"); });
  asks_for_verp_ = std::ranges::any_of(esmtp_arguments, is_xverp);
}

std::optional<RecipientReport> Session::rcpt(const RcptEvent& event) {
  if (!abilities_.edits_recipients) return std::nullopt;
  if (!snapshot_) begin_message();
  // Sendmail silently drops an addition with parameters that it rejects, so it gets no parameters.
  if (is_sendmail(event.mta_version)) envelope_.can_pass_parameters = false;
  const auto dsn = parse_dsn(event.esmtp_arguments);
  RecipientFacts facts = event.facts;
  facts.written = event.argument;
  facts.sender = sender_;
  if (!is_sendmail(event.mta_version)) facts.relayed_as = {};
  if (!dsn) facts.parameter_error = dsn.error().what;
  if (asks_for_verp_) facts.parameter_error = "XVERP: the sender of each copy contains its recipient";
  facts.loses_notify = dsn && !dsn->notify.is_absent() && !envelope_.can_pass_parameters;
  facts.is_ascii_only = !takes_utf8_;
  facts.needs_utf8 = takes_utf8_;
  find_client_relays(facts);
  EnvelopeRecipient& recipient = envelope_.recipients.emplace_back();
  are_rules_enforced_ = false;
  recipient.argument = event.argument;
  if (dsn) recipient.dsn = *dsn;
  recipient.has_unread_dsn = !dsn;
  decide_about(recipient, facts);
  return take_refused();
}

void Session::decide_about(EnvelopeRecipient& recipient, const RecipientFacts& facts) {
  recipient.decision = not_relayed();
  if (auto address = parse_rcpt_path(recipient.argument)) {
    recipient.decision = decision_for(*address, facts, recipient.dsn.orcpt);
    const Relay* relay = snapshot_->relay_for(*address);
    recipient.relay = relay;
    if (relay != nullptr) recipient.mode = mode_for(*address, *relay);
    // A domain that belongs to no relay may have the same primary.
    recipient.may_be_any_address = relay == nullptr
                                       ? address->has_routing_operator() || leads_to_primary(facts.next_hop, *snapshot_)
                                       : is_relayed_as_another(*address, facts);
    recipient.address = std::move(*address);
  } else if (recipient.argument.find_first_of("@%!") != recipient.argument.npos) {
    // trivial-rewrite(8) takes "user%domain" and "domain!user" for user@domain.
    recipient.may_be_any_address = true;
    recipient.decision = keep(Reason::invalid_address, std::move(address.error().what));
  } else {
    // A bare name gets the domain $myorigin, which may be a relay domain.
    recipient.may_be_any_address = facts.mailer.empty() || is_relay_transport(facts.mailer, *snapshot_);
  }
}

/// Removes the last recipient if it is refused.
std::optional<RecipientReport> Session::take_refused() {
  EnvelopeRecipient& recipient = envelope_.recipients.back();
  const bool is_refused =
      abilities_.asks_at_rcpt && recipient.decision->verdict == Verdict::reject && recipient.mode == Mode::rewrite;
  if (!is_refused) return std::nullopt;
  RecipientReport report{shown(recipient), recipient.decision, recipient.mode, true, recipient.relay};
  envelope_.recipients.pop_back();
  return report;
}

/// Finds the relays of which the client is a host, if predictions are checked: the message may be one that this host
/// sent to the primary before.
void Session::find_client_relays(const RecipientFacts& facts) {
  if (is_client_known_ || !snapshot_->checks_predictions) return;
  is_client_known_ = true;
  for (const auto& relay : snapshot_->relays) {
    if (is_host_of(facts.client_address, facts.client_name, *relay)) client_relays_.push_back(relay->name);
  }
}

/// Chooses all recipients of a relay or none, because their message goes to the primary once for all of them.
void Session::choose_control_sample(std::string_view queue_id) {
  for (EnvelopeRecipient& recipient : envelope_.recipients) {
    const Relay* relay = recipient.relay;
    if (relay == nullptr || relay->control == 0 || recipient.mode != Mode::rewrite) continue;
    if (is_control_sample(queue_id, relay->control)) recipient.mode = Mode::control;
  }
}

/// Finds the recipients that belong to no relay, but that this host may send to a primary under another address. They
/// matter only in a message with a recipient that is replaced, or would be replaced in another mode: savings are
/// counted in all modes.
void Session::find_passed_on() {
  const auto is_rewrite = [](const EnvelopeRecipient& one) { return one.decision->verdict == Verdict::rewrite; };
  if (std::ranges::none_of(envelope_.recipients, is_rewrite)) return;
  budget_.start_clock(clocks_.steady());
  for (EnvelopeRecipient& recipient : envelope_.recipients) {
    if (recipient.relay != nullptr || !recipient.address || recipient.may_be_any_address) continue;
    recipient.may_be_any_address =
        snapshot_->host->may_relay_as_another_address(*recipient.address, budget_.deadline()).value_or(true);
  }
  budget_.stop_clock(clocks_.steady());
}

/// Sets may_merge_with_another of recipients; returns whether any has it. This matters only if some recipients of
/// relays are replaced and others are not.
bool Session::find_shared_copies() {
  const auto stays = [](const EnvelopeRecipient& one) { return one.relay != nullptr && !one.is_replaced(); };
  if (!has_replaced(envelope_) || std::ranges::none_of(envelope_.recipients, stays)) return false;
  budget_.start_clock(clocks_.steady());
  std::map<std::string, bool, std::less<>> known;
  const auto becomes_another = [&](const Address& mailbox) {
    const auto [answer, is_new] = known.try_emplace(mailbox.key(), true);
    if (is_new && budget_.take_look_up()) {
      answer->second = snapshot_->host->may_merge_with_another(mailbox, budget_.deadline());
    }
    return answer->second;
  };
  const auto leaf_becomes_another = [&](const Leaf& leaf) {
    if (leaf.kind != LeafKind::local_mailbox) return false;
    const auto mailbox = Address::parse(leaf.address);
    return !mailbox || becomes_another(*mailbox);
  };
  bool any = false;
  for (EnvelopeRecipient& recipient : envelope_.recipients) {
    if (recipient.relay == nullptr) continue;
    const Decision& decision = *recipient.decision;
    recipient.may_merge_with_another = std::ranges::any_of(decision.to, becomes_another) ||
                                       std::ranges::any_of(decision.resolution.leaves, leaf_becomes_another);
    any = any || recipient.may_merge_with_another;
  }
  budget_.stop_clock(clocks_.steady());
  return any;
}

void Session::enforce_rules_once(std::string_view queue_id) {
  if (are_rules_enforced_) return;
  if (snapshot_ && snapshot_->checks_predictions) choose_control_sample(queue_id);
  find_passed_on();
  enforce_envelope_rules(envelope_);
  if (find_shared_copies()) enforce_envelope_rules(envelope_);
  are_rules_enforced_ = true;
}

std::optional<Outcome> Session::data(std::string_view queue_id) {
  enforce_rules_once(queue_id);
  if (has_replaced(envelope_)) return std::nullopt;
  return finish();
}

Outcome Session::end_of_message(std::string_view queue_id) {
  enforce_rules_once(queue_id);
  return finish();
}

Outcome Session::finish() {
  Outcome outcome;
  outcome.edits = edits_for(envelope_);
  outcome.size = size_;
  outcome.reports.reserve(envelope_.recipients.size());
  for (auto& recipient : envelope_.recipients) {
    if (recipient.decision->reason == Reason::not_relayed) continue;
    const bool applied = recipient.is_replaced();
    std::string orcpt = recipient.address && !recipient.has_unread_dsn ? orcpt_of(recipient) : std::string();
    outcome.reports.emplace_back(shown(recipient), std::move(recipient.decision), recipient.mode, applied,
                                 recipient.relay, std::move(orcpt));
  }
  outcome.may_go_anywhere = std::ranges::any_of(envelope_.recipients, &EnvelopeRecipient::may_be_any_address);
  outcome.has_others = outcome.reports.size() < envelope_.recipients.size();
  add_arrivals(outcome);
  outcome.snapshot = std::move(snapshot_);
  abort();
  return outcome;
}

void Session::add_arrivals(Outcome& outcome) {
  if (client_relays_.empty()) return;
  for (const EnvelopeRecipient& recipient : envelope_.recipients) {
    if (recipient.relay != nullptr || !recipient.address) continue;
    outcome.arrivals.push_back({recipient.address->external(), recipient.dsn.orcpt});
  }
  outcome.client_relays = std::move(client_relays_);
}

void Session::abort() {
  snapshot_.reset();
  budget_ = {};
  decisions_.clear();
  envelope_.recipients.clear();
  envelope_.can_pass_parameters = abilities_.adds_parameters;
  sender_.reset();
  size_.reset();
  client_relays_.clear();
  is_client_known_ = false;
  takes_utf8_ = false;
  asks_for_verp_ = false;
  are_rules_enforced_ = false;
}

}  // namespace shorthop
