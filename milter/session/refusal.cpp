#include "session/refusal.h"

#include <algorithm>

#include "text/ascii.h"

namespace shorthop {
namespace {

constexpr std::chrono::hours max_age_for_refusal{48};  // where max-age is not set

/// Whether this may be the sender of Postfix's own probes, which smtpd(8) accepts as a recipient although there is no
/// such user: postconf(5), address_verify_sender. With address_verify_sender_ttl, a time follows its local part, so any
/// name that begins with the local part may be such a sender.
bool may_be_probe_sender(std::string_view local_part, const std::string& sender) {
  return !sender.empty() && folded(local_part).starts_with(sender);
}

/// Names that smtpd(8) accepts without a user: RFC 5321, 4.5.1, and smtpd/smtpd_check.c, check_rcpt_maps().
bool is_always_accepted(std::string_view local_part, const PrimaryRules& rules) {
  const std::string_view user = local_part.substr(0, local_part.find_first_of(rules.delimiters));
  return equal_folded(user, "postmaster") || equal_folded(local_part, "mailer-daemon") ||
         may_be_probe_sender(local_part, rules.double_bounce) || may_be_probe_sender(local_part, rules.probe_sender);
}

/// Whether the address itself is unknown, as opposed to one of its targets, and smtpd(8) refuses it.
bool is_unknown_itself(const Address& recipient, const Resolution& resolution) {
  if (resolution.step_count > 0 || resolution.leaves.size() != 1) return false;
  const Leaf& leaf = resolution.leaves.front();
  return leaf.kind == LeafKind::unknown_recipient && !leaf.is_accepted && leaf.address == recipient.external();
}

/// Whether smtpd(8) of the primary looks up the names of this domain. local_recipient_maps may be empty (postconf(5));
/// then every name of mydestination is accepted.
bool asks_about_names(const Address& recipient, const Primary& primary) {
  if (!primary.address_tables.refuses_unlisted || primary.address_tables.has_own_canonical) return false;
  return primary.address_tables.local_recipients ||
         !primary.rules.local_domains.matches(recipient.key_domain(), no_deadline).value_or(true);
}

}  // namespace

std::string why_not_refused(const Address& recipient, const Resolution& resolution, const Relay& relay,
                            std::chrono::system_clock::time_point now) {
  if (!relay.why_incomplete.empty()) return relay.why_incomplete;
  if (!relay.pending.empty()) return "there is newer data: " + relay.pending;
  if (!relay.max_age && now - relay.newest.time > max_age_for_refusal) return "the data is older than 48 hours";
  if (!is_unknown_itself(recipient, resolution)) {
    return "the primary accepts the address, or only a target of the address is unknown";
  }
  if (!asks_about_names(recipient, relay.primary)) {
    return "the primary accepts unlisted names, or refuses them only temporarily, or its list is not mirrored";
  }
  const std::string_view local_part = recipient.local_part();
  const std::string& delimiters = relay.primary.rules.delimiters;
  if (is_srs(local_part)) return "SRS addresses are not refused";
  if (is_always_accepted(local_part, relay.primary.rules)) return "Postfix accepts this name without a user";
  if (local_part.find_first_of(delimiters, 1) != local_part.npos) return "it has a recipient delimiter";
  if (!recipient.is_ascii() || recipient.needs_quotes()) return "its spelling is not plain ASCII";
  return {};
}

bool may_refuse(const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.relay_by_domain, [](const auto& named) {
    return named.second->refuses_unknown && named.second->mode == Mode::rewrite;
  });
}

}  // namespace shorthop
