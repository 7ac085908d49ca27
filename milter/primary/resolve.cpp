#include "primary/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "primary/chain_memory.h"
#include "primary/departure.h"
#include "primary/flat.h"
#include "primary/key_set.h"
#include "primary/local_delivery.h"
#include "primary/sendmail.h"
#include "primary/tree.h"
#include "primary/virtual_expansion.h"

namespace shorthop {
namespace {

// Each pass through local(8) and back adds a Received field, and Postfix returns mail with more than 50 of them
// (postconf(5) hopcount_limit); the client's own count, so we stop well before.
constexpr std::size_t pass_limit = 20;

/// Profile postfix: its cleanup(8) and its local(8), and the way from each to the other.
class Resolver {
 public:
  Resolver(const Primary& primary, Chain chain, Budget& budget)
      : primary_(primary), tree_(primary.rules.limits, chain, budget) {
    search_.delimiters = primary.rules.delimiters;
    search_.owner_request_special = primary.rules.owner_request_special;
    // Where $myorigin is not known, any domain may be it: virtual_expansion() looks at what a bare name matched.
    search_.is_local = [&rules = primary.rules](std::string_view domain) {
      return rules.myorigin.empty() || domain == rules.myorigin || rules.local_domains.contains(domain);
    };
  }

  Expanded run(const Address& recipient) && {
    if (primary_.unproven) {
      tree_.add_failure(recipient, *primary_.unproven);
    } else if (recipient.has_routing_operator()) {
      tree_.add_leaf(LeafKind::invalid_address, recipient.external(), "a routing operator (one of % ! @)");
    } else {
      enter(recipient);
    }
    return std::move(tree_).take();
  }

 private:
  /// An address at the door of the primary's cleanup(8): from SMTP, or forwarded by its local(8). It must stay where it
  /// is until all is resolved.
  void enter(const Address& address) {
    const bool is_above = std::ranges::any_of(path_, [&](const auto* above) { return *above == address; });
    if (is_above) {
      return tree_.add_leaf(LeafKind::loop, address.external(), "the chain leads back to this address");
    }
    if (path_.size() >= pass_limit) {
      return tree_.add_leaf(LeafKind::limit, address.external(), fmt::format("forwarded {} times", pass_limit));
    }
    if (tree_.is_full() || !entered_.insert(address.key()).second) return;
    path_.push_back(&address);
    if (const auto expansion = virtual_expansion(address, primary_, search_, tree_)) {
      for (const Address* target : *expansion) {
        if (!tree_.is_full()) route(*target);
      }
    }
    path_.pop_back();
  }

  /// Where the primary's resolver sends an address that is no virtual alias (any more): ADDRESS_CLASS_README.
  void route(const Address& address) {
    const std::string_view domain = address.key_domain();
    const PrimaryRules& rules = primary_.rules;
    if (rules.local_domains.contains(domain)) {
      return local_delivery(address, primary_, tree_, [this](const Address& forwarded) { enter(forwarded); });
    }
    auto is_alias_domain = has_virtual_aliases(domain);
    if (!is_alias_domain) {
      tree_.add_failure(address, std::move(is_alias_domain.error()));
    } else if (*is_alias_domain) {
      tree_.add_leaf(LeafKind::unknown_recipient, address.external(), "no virtual alias");
    } else if (rules.virtual_mailbox_domains.contains(domain)) {
      tree_.add_leaf(LeafKind::primary_mailbox, address.external());
    } else if (rules.unsure_domains.contains(address.a_label_domain())) {
      tree_.add_leaf(LeafKind::not_mirrored, address.external(),
                     "the class of the domain at the primary is not known without primary-postconf");
    } else {
      tree_.add_departure(address);
    }
  }

  /// Whether it is a virtual alias domain.
  std::expected<bool, LookupFailure> has_virtual_aliases(std::string_view domain) const {
    const PrimaryRules& rules = primary_.rules;
    if (rules.virtual_alias_domains.contains(domain)) return true;
    return rules.alias_domains_are_keys ? primary_.virtual_aliases.contains(domain) : false;
  }

  const Primary& primary_;
  SearchRules search_;
  Tree tree_;
  AddressList path_;  ///< the addresses that are being followed, outermost first
  KeySet entered_;    ///< keys of all that were followed: their leaves are in the tree
};

Expanded expand(const Address& recipient, const Primary& primary, Chain chain, Budget& budget) {
  switch (primary.profile) {
    case Profile::postfix: return Resolver(primary, chain, budget).run(recipient);
    case Profile::sendmail: return expand_sendmail(recipient, primary, chain, budget);
    case Profile::flat: return expand_flat(recipient, primary, chain, budget);
  }
  return {};
}

/// What the primary's memory has, if it says as much as is asked for.
std::optional<Expanded> recalled(ChainMemory* memory, const Address& recipient, Chain chain) {
  auto known = memory != nullptr ? memory->recall(recipient) : std::nullopt;
  if (known && chain == Chain::counted && !known->is_whole) return std::nullopt;
  return known;
}

}  // namespace

Resolution resolve(const Address& recipient, const Primary& primary, const LocalHost& host, Chain chain,
                   Budget& budget) {
  ChainMemory* const memory = chain == Chain::recorded ? nullptr : primary.memory.get();
  auto known = recalled(memory, recipient, chain);
  const bool is_known = known.has_value();
  Expanded expanded = is_known ? std::move(*known) : expand(recipient, primary, chain, budget);
  // What the budget has cut says nothing of the next message.
  const auto remember = [&] {
    if (memory != nullptr && !is_known && !budget.is_used_up()) memory->remember(recipient, expanded);
  };
  if (!host.is_fixed()) remember();
  settle_departures(expanded, primary, host, chain, budget);
  if (host.is_fixed()) remember();
  return resolution_of(std::move(expanded));
}

Resolution resolve(const Address& recipient, const Primary& primary, const LocalHost& host, Chain chain) {
  Budget own;
  return resolve(recipient, primary, host, chain, own);
}

}  // namespace shorthop
