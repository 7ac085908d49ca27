#include "primary/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "mail/international.h"
#include "primary/expansion_builder.h"
#include "primary/qualify.h"
#include "tables/search.h"
#include "tables/text/target.h"

namespace shorthop {
namespace {

constexpr std::size_t max_depth = 100;  // far deeper than aliases are nested in practice

struct Key {
  Found found;
  std::string_view by;  ///< the setting that names the table
};

class FlatExpansion {
 public:
  FlatExpansion(const Primary& primary, Trace trace, Budget& budget)
      : primary_(primary), tree_(primary.rules.limits, trace, budget) {}

  Expanded run(const Address& recipient) && {
    follow(recipient);
    return std::move(tree_).take();
  }

 private:
  void follow(const Address& address) {
    if (path_.size() >= max_depth) {
      return tree_.add_leaf(LeafKind::limit, address.external(),
                            fmt::format("the chain is {} aliases deep", max_depth));
    }
    const bool is_above = std::ranges::any_of(path_, [&](const Address* above) { return *above == address; });
    if (is_above && *path_.back() != address) {
      return tree_.add_leaf(LeafKind::loop, address.external(), "the chain leads back to this address");
    }
    // An address that lists itself keeps its mailbox.
    if (is_above) return end_branch(address);
    if (tree_.is_full() || !entered_.insert(address.key()).second) return;
    tree_.count_look_up(address);
    auto key = find(address);
    if (!key) return tree_.add_failure(address, key.error());
    if (!*key) return end_branch(address);
    path_.push_back(&address);
    expand(address, **key);
    path_.pop_back();
  }

  /// The entry for the whole address, else for its local part in one of the primary's domains, else the catch-all.
  std::expected<std::optional<Key>, LookupFailure> find(const Address& address) {
    const std::string name(address.key_local_part());
    auto found = key_at(name, address, &LookupKey::whole);
    if (!found || *found) return found;
    if (is_of_primary(address)) {
      found = key_in(primary_.virtual_aliases, name, "virtual-alias-maps");
      if (!found || *found) return found;
      found = key_in(primary_.aliases, name, "alias-maps");
      if (!found || *found) return found;
    }
    // If user is in the table and user+ext is not, the table does not say where user+ext goes: the catch-all does not
    // apply.
    const auto has_user = knows_without_extension(address);
    if (!has_user) return std::unexpected(has_user.error());
    if (*has_user) return std::nullopt;
    return key_at("", address, &LookupKey::partial);
  }

  /// Looks up "name@domain", with the domain in A-labels or in U-labels.
  std::expected<std::optional<Key>, LookupFailure> key_at(const std::string& name, const Address& address,
                                                          LookupKey (*kind)(std::string_view)) const {
    const std::string domain(address.a_label_domain());
    auto found = key_in(primary_.virtual_aliases, kind(name + '@' + domain), "virtual-alias-maps");
    const std::string spelled = with_u_labels(domain);
    if (!found || *found || spelled == domain) return found;
    return key_in(primary_.virtual_aliases, kind(name + '@' + spelled), "virtual-alias-maps");
  }

  std::expected<std::optional<Key>, LookupFailure> key_in(const TableList& tables, const LookupKey& key,
                                                          std::string_view by) const {
    auto found = tables.find(key, tree_.deadline());
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return std::nullopt;
    return Key{std::move(**found), by};
  }

  std::expected<bool, LookupFailure> knows_without_extension(const Address& address) const {
    const auto [user, extension] = split_local_part(address.key_local_part(), primary_.rules.delimiters, false);
    if (extension.empty()) return false;
    const auto found = key_at(std::string(user), address, &LookupKey::partial);
    if (!found) return std::unexpected(found.error());
    if (*found || !is_of_primary(address)) return found->has_value();
    auto known = primary_.virtual_aliases.contains(user, tree_.deadline());
    return !known || *known ? known : primary_.aliases.contains(user, tree_.deadline());
  }

  void expand(const Address& address, const Key& key) {
    const Entry& entry = key.found.entry;
    // "@domain": the local part stays, the domain is replaced.
    const bool same_user = entry.value.starts_with('@');
    const auto targets = parse_targets(same_user ? quoted_local_part(address.local_part()) + entry.value : entry.value,
                                       Dialect::local8, primary_.rules.limits.leaves);
    std::vector<Address> addresses;
    std::vector<Leaf> leaves;
    std::vector<std::string> shown;
    for (const Target& target : targets) {
      auto destination = destination_of(target);
      auto* read = std::get_if<Address>(&destination);
      if (tree_.records_steps()) shown.push_back(read != nullptr ? read->external() : text_of(target));
      if (read != nullptr) {
        addresses.push_back(std::move(*read));
      } else {
        leaves.push_back(std::get<Leaf>(std::move(destination)));
      }
    }
    const auto step = [&] {
      return Step{address.external(), key.by, key.found.table->name(), entry.line, std::move(shown)};
    };
    if (!tree_.add_step(address, targets.size(), step)) return;
    for (Leaf& leaf : leaves) tree_.add_leaf(leaf.kind, std::move(leaf.address), std::move(leaf.detail));
    for (const Address& target : addresses) follow(target);
  }

  std::variant<Address, Leaf> destination_of(const Target& target) const {
    if (auto end = end_of(target)) return std::move(*end);
    if (std::holds_alternative<IncludeTarget>(target)) {
      return Leaf{LeafKind::include_target, text_of(target), "the profile flat reads no include files"};
    }
    const std::string& written = std::get<AddressTarget>(target).text;
    auto address = qualified(written, {}, primary_.rules);
    if (!address) return Leaf{address.error().kind, written, std::move(address.error().what)};
    return std::move(*address);
  }

  /// Ends the branch at an address that is not a key or lists itself: its mailbox is on the host of its domain.
  void end_branch(const Address& address) {
    if (!is_of_primary(address)) return tree_.add_outbound(address);
    if (!primary_.mailboxes) return tree_.add_leaf(LeafKind::primary_mailbox, address.external());
    auto known = primary_.mailboxes->contains(address.key_local_part(), tree_.deadline());
    if (!known) return tree_.add_failure(address, known.error());
    tree_.add_leaf(*known ? LeafKind::primary_mailbox : LeafKind::unknown_recipient, address.external());
  }

  bool is_of_primary(const Address& address) const {
    return primary_.rules.local_domains.has_name(address.a_label_domain());
  }

  const Primary& primary_;
  ExpansionBuilder tree_;
  std::vector<const Address*> path_;  ///< the addresses being followed, outermost first
  std::set<std::string> entered_;     ///< keys of all addresses followed so far: their leaves are recorded
};

}  // namespace

Expanded expand_flat(const Address& recipient, const Primary& primary, Trace trace, Budget& budget) {
  return FlatExpansion(primary, trace, budget).run(recipient);
}

}  // namespace shorthop
