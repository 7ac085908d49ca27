#include "primary/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "primary/canonical.h"
#include "primary/expansion_builder.h"
#include "primary/key_set.h"
#include "primary/local_delivery.h"
#include "primary/outbound.h"
#include "primary/profiles.h"
#include "primary/routing.h"
#include "primary/virtual_expansion.h"

namespace shorthop {
namespace {

// Each pass through local(8) and back adds a Received field, and Postfix returns mail with more than 50 of them
// (postconf(5) hopcount_limit). The client's fields are among them, so this limit is well below.
constexpr std::size_t max_passes = 20;

/// Profile postfix: combines the primary's smtpd(8), cleanup(8), trivial-rewrite(8) and local(8), which hand addresses
/// to each other.
class Resolver {
 public:
  Resolver(const Primary& primary, Trace trace, Budget& budget)
      : primary_(primary), search_(search_rules_of(primary.rules)), tree_(primary.rules.limits, trace, budget) {}

  Expanded run(const Address& recipient) && {
    if (primary_.unproven) {
      tree_.add_failure(recipient, *primary_.unproven);
    } else if (recipient.has_routing_operator()) {
      tree_.add_leaf(LeafKind::invalid_address, recipient.external(),
                     "the local part has a routing operator (one of % ! @)", has_recipient_actions(primary_));
    } else if (auto refused = form_obstacle(recipient, primary_.rules)) {
      refused->concerns_message = may_concern_message(recipient, primary_, tree_.deadline());
      tree_.add_failure(recipient, *refused);
    } else if (auto obstacle = access_obstacle(recipient, primary_.address_tables, search_, tree_.deadline())) {
      tree_.add_failure(recipient, *obstacle);
    } else {
      rewrite(recipient, Entry::received);
      // If the chain ended early, the smtpd(8) behind the filter may still act on the whole message.
      const bool is_unasked = primary_.address_tables.behind_filter && !has_asked_behind_filter_;
      if (is_unasked && may_concern_message(recipient, primary_, tree_.deadline())) tree_.mark_of_message();
    }
    return std::move(tree_).take();
  }

 private:
  /// How an address comes to cleanup(8): from a client, or from local(8).
  enum class Entry : std::uint8_t { received, forwarded };

  /// An address that local(8) sends through cleanup(8) again. It must stay in memory until the resolution is complete.
  void enter(const Address& address) {
    const bool is_above = std::ranges::any_of(path_, [&](const auto* above) { return *above == address; });
    if (is_above) {
      return tree_.add_leaf(LeafKind::loop, address.external(), "the chain leads back to this address");
    }
    if (path_.size() >= max_passes) {
      return tree_.add_leaf(LeafKind::limit, address.external(), fmt::format("forwarded {} times", max_passes));
    }
    if (const auto& why = primary_.not_followed.forwarded) return tree_.add_failure(address, *why);
    // A target "user@name." became user@name, which has no dot any more.
    if (!primary_.rules.dot_domain.empty() && !address.domain().contains('.')) {
      return tree_.add_leaf(LeafKind::not_followed, address.external(), "cleanup(8) of the primary appends $mydomain");
    }
    if (!tree_.is_full()) rewrite(address, Entry::forwarded);
  }

  /// Expands an address like cleanup(8), and follows each result to where trivial-rewrite(8) sends it.
  void rewrite(const Address& address, Entry entry) {
    if (!entered_.insert(address.key()).second) return;
    path_.push_back(&address);
    const Address* canonical = canonical_address(address, primary_, search_, tree_);
    const bool is_received = entry == Entry::received;
    if (canonical != nullptr && !(is_received && is_copied(*canonical))) {
      const auto expansion = virtual_expansion(*canonical, primary_, search_, tree_);
      if (expansion && is_received) {
        route_received(address, *canonical, *expansion);
      } else if (expansion) {
        route_all(*expansion);
      }
    }
    path_.pop_back();
  }

  /// recipient_bcc_maps: cleanup(8) asks it only about a received recipient. The address of the copy is not followed.
  bool is_copied(const Address& recipient) {
    const TableList& tables = primary_.address_tables.recipient_bcc;
    if (tables.empty()) return false;
    auto found = search_address(tables, recipient, search_, tree_.deadline());
    if (!found) {
      tree_.add_failure(recipient, found.error());
    } else if (*found) {
      tree_.add_leaf(LeafKind::copied_elsewhere, recipient.external(), "the primary's recipient_bcc_maps has it");
    } else {
      return false;
    }
    return true;
  }

  void route_received(const Address& address, const Address& canonical, const AddressList& expansion) {
    const bool has_canonical = &canonical != &address;
    // smtpd(8) searches the lists for the domain as received, before canonical maps (reject_unauth_destination).
    auto listed = has_canonical ? is_listed(address, primary_, tree_.deadline()) : true;
    if (!listed) return tree_.add_failure(address, listed.error());
    if (!*listed) {
      return tree_.add_leaf(LeafKind::not_mirrored, address.external(),
                            "the domain is missing from the primary's lists of domains");
    }
    if (!passes_filter(address, expansion) || !passes_second_check(address, expansion)) return;
    const bool has_alias = expansion.size() != 1 || expansion.front() != &canonical;
    const auto is_known = shares_entry(address, has_canonical, has_alias);
    if (!is_known) return tree_.add_failure(address, is_known.error());
    if (auto obstacle = *is_known ? std::nullopt : error_of_smtpd(address)) {
      return tree_.add_failure(address, *obstacle);
    }
    auto accepted = *is_known ? true : is_accepted(address, primary_.address_tables);
    if (accepted && !*accepted) return add_unknown(address);
    route_all(expansion);
    // The failure comes after the ends of the chain, because they explain more.
    if (!accepted) tree_.add_failure(address, accepted.error());
  }

  /// A recipient that the tables of smtpd(8) lack.
  void add_unknown(const Address& recipient) {
    const auto its_class = class_of(recipient.key_domain(), primary_, tree_.deadline());
    auto refusal = its_class ? own_refusal(recipient, *its_class, primary_, search_, tree_.deadline())
                             : std::optional(its_class.error());
    if (refusal) return tree_.add_failure(recipient, *refusal);
    tree_.add_leaf(LeafKind::unknown_recipient, recipient.external(), "the primary's recipient tables lack it");
  }

  /// Whether smtpd(8) finds the recipient in the canonical or virtual alias maps that it shares with cleanup(8). The
  /// flags say what cleanup(8) found there. Tables of patterns may have another answer for smtpd(8), which asks in
  /// lower case.
  std::expected<bool, LookupFailure> shares_entry(const Address& received, bool has_canonical, bool has_alias) {
    const AddressTables& tables = primary_.address_tables;
    if (received.internal() == received.key()) {
      return (has_canonical && !tables.has_own_canonical) || (has_alias && !tables.smtpd_aliases);
    }
    std::vector<const TableList*> shared;
    if (!tables.has_own_canonical) shared = {&tables.recipient_canonical, &tables.canonical};
    if (!tables.smtpd_aliases) shared.push_back(&primary_.virtual_aliases);
    for (const TableList* maps : shared) {
      const auto known = knows_address(*maps, received, LetterCase::lower, search_, tree_.deadline());
      if (!known || *known) return known;
    }
    return false;
  }

  /// The addresses that the content filter gets.
  AddressList seen_by_filter(const Address& received, const AddressList& expansion) const {
    return primary_.address_tables.filter.sees_mapped ? expansion : AddressList{&received};
  }

  /// Whether all these addresses stay the same behind the content filter; if not, a leaf says why.
  bool passes_filter(const Address& received, const AddressList& expansion) {
    for (const Address* address : seen_by_filter(received, expansion)) {
      tree_.count_look_up(*address);
      auto obstacle = filter_obstacle(*address, primary_, search_, tree_.deadline());
      if (!obstacle) continue;
      tree_.add_failure(*address, *obstacle);
      return false;
    }
    return true;
  }

  /// Whether the smtpd(8) behind a content filter lets the message pass for all these addresses; if not, leaves say
  /// why.
  bool passes_second_check(const Address& received, const AddressList& expansion) {
    if (primary_.address_tables.behind_filter == nullptr) return true;
    has_asked_behind_filter_ = true;
    const AddressTables& tables = *primary_.address_tables.behind_filter;
    const bool sees_mapped = primary_.address_tables.filter.sees_mapped;
    for (const Address* address : seen_by_filter(received, expansion)) {
      // A filter that does not offer SMTPUTF8 (RFC 6531) gets no such address.
      if (sees_mapped && !address->is_ascii()) {
        tree_.add_leaf(LeafKind::not_followed, address->external(),
                       "it is not ASCII, and goes through a content filter", !tables.recipient_access.empty());
        return false;
      }
      auto obstacle = access_obstacle(*address, tables, search_, tree_.deadline());
      const bool is_checked = sees_mapped && primary_.address_tables.filter.checks_recipients;
      const auto accepted = obstacle || !is_checked ? true : is_accepted(*address, tables);
      if (!accepted) obstacle = accepted.error();
      if (obstacle) {
        tree_.add_failure(*address, *obstacle);
      } else if (!*accepted) {
        tree_.add_undeliverable(address->external(), "the recipient tables behind the primary's filter lack it");
      } else {
        continue;
      }
      return false;
    }
    return true;
  }

  /// smtpd(8) refuses a recipient that resolves to the error transport (relocated_maps, transport_maps), if no map of
  /// its own has it: smtpd/smtpd_check.c, check_rcpt_maps(). If smtpd(8) has the same maps as cleanup(8), this cannot
  /// happen to an alias.
  std::optional<LookupFailure> error_of_smtpd(const Address& recipient) {
    if (!primary_.address_tables.smtpd_aliases && !primary_.address_tables.has_own_canonical) return std::nullopt;
    const auto its_class = class_of(recipient.key_domain(), primary_, tree_.deadline());
    if (!its_class) return its_class.error();
    auto obstacle = detour(recipient, *its_class, primary_, search_, tree_.deadline());
    return obstacle ? std::optional(std::move(obstacle->why)) : std::nullopt;
  }

  /// Whether smtpd(8) accepts an address (smtpd/smtpd_check.c: check_rcpt_maps). The recipient tables of the address's
  /// class must have the address. If smtpd(8) has other virtual_alias_maps than cleanup(8), it is enough that its own
  /// have the address.
  std::expected<bool, LookupFailure> is_accepted(const Address& recipient, const AddressTables& tables) {
    const Deadline deadline = tree_.deadline();
    if (tables.smtpd_aliases) {
      const auto known = knows_address(*tables.smtpd_aliases, recipient, LetterCase::lower, search_, deadline);
      if (!known || *known) return known;
    }
    const auto its_class = class_of(recipient.key_domain(), primary_, deadline);
    if (!its_class) return true;  // route() meets the same failure
    const std::optional<TableList>* recipients = recipients_of(*its_class, tables);
    if (recipients == nullptr || !*recipients) return *its_class != AddressClass::virtual_alias;
    return knows_address(**recipients, recipient, LetterCase::lower, search_, deadline);
  }

  /// The recipient tables of a class; null: it has none.
  static const std::optional<TableList>* recipients_of(AddressClass its_class, const AddressTables& tables) {
    switch (its_class) {
      case AddressClass::local: return &tables.local_recipients;
      case AddressClass::virtual_mailbox: return &tables.mailbox_recipients;
      case AddressClass::relay: return &tables.relay_recipients;
      case AddressClass::virtual_alias:
      case AddressClass::other: return nullptr;
    }
    return nullptr;
  }

  void route_all(const AddressList& addresses) {
    for (const Address* target : addresses) {
      if (!tree_.is_full()) route(*target);
    }
  }

  /// The primary's routing of an address that is not (or no longer) a virtual alias: ADDRESS_CLASS_README.
  void route(const Address& address) {
    if (auto refused = form_obstacle(address, primary_.rules)) return tree_.add_failure(address, *refused);
    auto its_class = class_of(address.key_domain(), primary_, tree_.deadline());
    if (!its_class) return tree_.add_failure(address, its_class.error());
    auto obstacle = detour(address, *its_class, primary_, search_, tree_.deadline());
    switch (*its_class) {
      case AddressClass::local:
        if (address.key_local_part() == primary_.rules.double_bounce) {
          return tree_.add_leaf(LeafKind::not_followed, address.external(),
                                "qmgr(8) of the primary discards mail for its double_bounce_sender");
        }
        return obstacle ? tree_.add_failure(address, obstacle->why) : deliver(address);
      case AddressClass::virtual_alias:
        return tree_.add_leaf(LeafKind::unknown_recipient, address.external(), "no virtual alias");
      case AddressClass::virtual_mailbox: return tree_.add_leaf(LeafKind::primary_mailbox, address.external());
      case AddressClass::relay:
      case AddressClass::other: return leave(address, std::move(obstacle));
    }
  }

  void deliver(const Address& address) {
    const LocalDelivery local{[this](const Address& target) { return is_delivered_by_local(target); },
                              [this](const Address& forwarded) { enter(forwarded); }};
    local_delivery(address, primary_, tree_, local);
  }

  /// Whether local(8) delivers a target itself: trivial-rewrite(8) resolves the target to the transport of local(8)
  /// (local/resolve.c: deliver_resolve_addr). Other targets pass through cleanup(8).
  std::expected<bool, LookupFailure> is_delivered_by_local(const Address& target) const {
    if (auto refused = form_obstacle(target, primary_.rules)) return std::unexpected(std::move(*refused));
    const auto its_class = class_of(target.key_domain(), primary_, tree_.deadline());
    if (!its_class) return std::unexpected(its_class.error());
    return *its_class == AddressClass::local && !detour(target, *its_class, primary_, search_, tree_.deadline());
  }

  void leave(const Address& address, std::optional<Detour> obstacle) {
    if (primary_.rules.unsure_domains.contains(address.a_label_domain())) {
      return tree_.add_leaf(
          LeafKind::not_mirrored, address.external(),
          "the class of the domain at the primary is known only with primary-postconf and the primary's myhostname");
    }
    tree_.add_outbound(address, std::move(obstacle), path_.size() > 1);
  }

  const Primary& primary_;
  SearchRules search_;
  ExpansionBuilder tree_;
  bool has_asked_behind_filter_ = false;
  AddressList path_;  ///< the addresses being followed, outermost first
  KeySet entered_;    ///< keys of all addresses followed so far: their leaves are recorded
};

Expanded expand(const Address& recipient, const Primary& primary, Trace trace, Budget& budget) {
  switch (primary.profile) {
    case Profile::postfix: return Resolver(primary, trace, budget).run(recipient);
    case Profile::sendmail: return expand_sendmail(recipient, primary, trace, budget);
    case Profile::flat: return expand_flat(recipient, primary, trace, budget);
  }
  return {};
}

}  // namespace

Resolution resolve(const Address& recipient, const Primary& primary, const LocalHost& host, Trace trace,
                   Budget& budget) {
  return classify_outbound(expand(recipient, primary, trace, budget), primary, host, trace, budget);
}

Resolution resolve(const Address& recipient, const Primary& primary, const LocalHost& host, Trace trace) {
  Budget own;
  return resolve(recipient, primary, host, trace, own);
}

}  // namespace shorthop
