// Recipients that share one copy of a message without shorthop, and would get one copy each with shorthop.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "session/envelope.h"

namespace shorthop {

/// The reason to keep a recipient because another recipient stays. It is the reason of that other recipient. It is
/// not-followed if the other recipient has no reason to be kept: it belongs to no relay, or would be replaced in mode
/// rewrite.
Reason reason_to_keep_beside(const Decision& staying);

/// Whether the relay's primary sends only one copy to an address that several recipients lead to, as Sendmail does.
/// Assumed for the profile flat, because it is not known how such a primary delivers.
bool primary_merges_copies(const Relay& relay);

/// Whether the primary, a content filter behind its aliases, or this host delivers one copy for several recipients.
bool merges_copies(const Relay& relay);

/// The relays of the envelope; those with the same primary are one group, because their recipients share one
/// transaction.
class PrimaryGroups {
 public:
  explicit PrimaryGroups(const Envelope& envelope);
  /// The relay that stands for the group of `relay`; null if `relay` is null.
  const Relay* of(const Relay* relay) const { return relay == nullptr ? nullptr : group_of_.at(relay); }
  const std::map<const Relay*, const Relay*>& all() const { return group_of_; }

 private:
  std::map<const Relay*, const Relay*> group_of_;
};

/// The addresses to which the recipients that stay may lead. One copy arrives for several recipients in two cases: the
/// primary sends only one copy, as Sendmail does; or the recipients come back in one transaction, and this host merges
/// them. Postfix merges recipients with the same ORCPT and NOTIFY (FACTS, duplicates). If an earlier host expanded an
/// alias, all members of the alias have the same ORCPT and NOTIFY.
class MergedCopies {
 public:
  MergedCopies(const Envelope& envelope, const PrimaryGroups& groups);

  /// Why a recipient must not be replaced: the reason of a recipient that stays and may share its copy. nullopt: there
  /// is none.
  std::optional<Reason> reason_to_keep(const EnvelopeRecipient& recipient);

 private:
  /// The addresses to which one primary may send the mail of recipients that stay.
  struct Reach {
    bool anywhere = false;  ///< one of the chains was not followed to its ends
    Reason reason = Reason::not_relayed;
    std::set<std::string> addresses;         ///< folded
    std::set<const Decision*> added;         ///< decisions whose leaves are already included
    std::map<const Decision*, bool> shares;  ///< whether a decision has a target among the addresses
  };
  /// A group, and what recipients must have in common to share a copy.
  using Key = std::pair<const Relay*, std::string>;

  Key key_of(const Relay* group, const EnvelopeRecipient& recipient) const;
  void add(Reach& reach, const EnvelopeRecipient& staying) const;

  const PrimaryGroups& groups_;
  std::set<const Relay*> merging_;        ///< groups whose copies all merge, or may merge
  std::set<const Relay*> merging_there_;  ///< groups whose copies the primary merges
  std::map<Key, Reach> reaches_;
};

}  // namespace shorthop
