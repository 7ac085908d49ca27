#include "primary/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "primary/expansion_builder.h"
#include "primary/key_set.h"
#include "primary/local_delivery.h"
#include "primary/outbound.h"
#include "primary/profiles.h"
#include "primary/virtual_expansion.h"

namespace shorthop {
namespace {

// Each pass through local(8) and back adds a Received field, and Postfix returns mail with more than 50 of them
// (postconf(5) hopcount_limit). The client's fields count too, so this limit is well below.
constexpr std::size_t max_passes = 20;

/// Profile postfix: combines the primary's cleanup(8) and local(8), which hand addresses to each other.
class Resolver {
 public:
  Resolver(const Primary& primary, Trace trace, Budget& budget)
      : primary_(primary), tree_(primary.rules.limits, trace, budget) {
    search_.delimiters = primary.rules.delimiters;
    search_.owner_request_special = primary.rules.owner_request_special;
    // If $myorigin is unknown, it may be any domain: virtual_expansion() checks the key that a bare name matched.
    search_.is_local = [&rules = primary.rules](std::string_view domain, Deadline) {
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
  /// An address that enters the primary's cleanup(8), from SMTP or forwarded by its local(8). It must stay in memory
  /// until the resolution is complete.
  void enter(const Address& address) {
    const bool is_above = std::ranges::any_of(path_, [&](const auto* above) { return *above == address; });
    if (is_above) {
      return tree_.add_leaf(LeafKind::loop, address.external(), "the chain leads back to this address");
    }
    if (path_.size() >= max_passes) {
      return tree_.add_leaf(LeafKind::limit, address.external(), fmt::format("forwarded {} times", max_passes));
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

  /// The primary's routing of an address that is not (or no longer) a virtual alias: ADDRESS_CLASS_README.
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
      tree_.add_outbound(address);
    }
  }

  /// Whether it is a virtual alias domain.
  std::expected<bool, LookupFailure> has_virtual_aliases(std::string_view domain) const {
    const PrimaryRules& rules = primary_.rules;
    if (rules.virtual_alias_domains.contains(domain)) return true;
    return rules.alias_domains_are_keys ? primary_.virtual_aliases.contains(domain, tree_.deadline()) : false;
  }

  const Primary& primary_;
  SearchRules search_;
  ExpansionBuilder tree_;
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
