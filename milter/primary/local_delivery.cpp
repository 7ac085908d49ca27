#include "primary/local_delivery.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "primary/forward_files.h"
#include "primary/key_set.h"
#include "primary/qualify.h"
#include "tables/text/target.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// The state of local(8) along one branch of an expansion. The texts point into addresses nearer to the root, which
/// outlive the branch.
struct State {
  std::size_t level = 0;           ///< nesting as local(8) counts it: it rejects an alias beyond level 100
  std::string_view expanded_from;  ///< the name expanded last: it is not expanded again at once
  std::string_view owner;          ///< owner of the .forward or :include: file above; empty if none
  bool in_include = false;         ///< listed directly in an :include: file, not in an alias below it
  std::string_view unmatched;      ///< the extension ("+ext") that the targets inherit
};

/// A local recipient, folded and split: parts of the address's key.
struct Name {
  const Address& address;
  std::string_view local_part;
  std::string_view user;
  std::string_view extension;  ///< with its delimiter; empty if none
};

/// The setting, table and line of a step.
struct StepOrigin {
  std::string_view setting;
  std::string_view table;
  std::uint32_t line = 0;
};

using LevelAndKey = std::pair<std::size_t, std::string_view>;

class Delivery {
 public:
  Delivery(const Primary& primary, ExpansionBuilder& tree, const LocalDelivery& others)
      : primary_(primary), tree_(tree), others_(others) {}

  /// Delivers the recipient itself; the caller keeps it alive.
  void deliver(const Address& recipient) {
    recipients_.emplace(1, recipient.key());
    State top;
    top.level = 1;
    expand_recipient(recipient, top);
  }

 private:
  /// Delivers a target that is local to the primary.
  void deliver(Address address, State state) {
    ++state.level;
    if (tree_.is_full() || recipients_.contains(LevelAndKey(state.level, address.key()))) return;
    const Address& kept = tree_.keep(std::move(address));
    recipients_.emplace(state.level, kept.key());
    expand_recipient(kept, state);
  }

  void expand_recipient(const Address& address, State state) {
    const Name name = name_of(address);
    ++state.level;
    state.unmatched = {};
    if (expand_alias(name, name.local_part, state)) return;
    if (!name.extension.empty() && name.user != name.local_part) {
      if (primary_.rules.propagate.aliases) state.unmatched = name.extension;
      if (expand_alias(name, name.user, state)) return;
    }
    state.unmatched = name.extension;
    // local(8): if a .forward or :include: file lists an address that is not an alias, the address goes through
    // cleanup(8), so virtual aliases apply to it again.
    if ((!state.owner.empty() && state.owner != name.user) || state.in_include) return indirect(address);
    if (expand_forward(name, state)) return;
    end_in_mailbox(name);
  }

  Name name_of(const Address& address) const {
    const std::string_view local_part = address.key_local_part();
    const auto [user, extension] =
        split_local_part(local_part, primary_.rules.delimiters, primary_.rules.owner_request_special);
    // local(8) drops an extension that contains '/', since extensions become parts of file names.
    if (extension.contains('/')) return {address, user, user, {}};
    return {address, local_part, user, extension};
  }

  /// Expands the alias `key`; false if there is none.
  bool expand_alias(const Name& name, std::string_view key, State state) {
    ++state.level;
    if (state.expanded_from == key) return false;
    if (state.level > primary_.rules.limits.local_nesting) return end(LeafKind::loop, name, "aliases nest too deeply");
    tree_.count_look_up(name.address);
    auto found = primary_.aliases.find(key, tree_.deadline());
    if (!found) return fail(name, found.error());
    if (!*found) return false;
    if (has_owner(name, key)) return true;
    state.expanded_from = key;
    if (primary_.rules.resets_owner) state.owner = {};
    state.in_include = false;
    const Found& alias = **found;
    const auto targets = parse_targets(alias.entry.value, Dialect::local8, primary_.rules.limits.leaves);
    if (targets.empty()) return end(LeafKind::invalid_address, name, "the alias has no target");
    expand(name, {"alias-maps", alias.table->name(), alias.entry.line}, targets, state);
    return true;
  }

  /// aliases(5), owner-NAME: the primary would change the envelope sender; a recipient edit here would not.
  bool has_owner(const Name& name, std::string_view key) {
    if (!primary_.rules.owner_request_special) return false;
    std::string owner_key = "owner-";
    owner_key += key;
    auto owner = primary_.aliases.contains(owner_key, tree_.deadline());
    if (!owner) return fail(name, owner.error());
    return *owner && end(LeafKind::owner_alias, name, std::move(owner_key));
  }

  bool expand_forward(const Name& name, State state) {
    ++state.level;
    if (!primary_.forwards) return false;
    // local(8) looks for the file in a user's home; the copy may be left over from a user who was removed.
    const auto is_user = primary_.mailboxes ? primary_.mailboxes->contains(name.user, tree_.deadline()) : true;
    if (!is_user) return fail(name, is_user.error());
    if (!*is_user) return false;
    auto file = find_forward_file(*primary_.forwards, primary_.rules.forward_path, name.user, name.extension);
    if (!file) return fail(name, file.error());
    if (!*file) return false;
    const auto& [path, text, has_extension] = **file;
    if (has_extension && may_be_of_another_user(name)) {
      return fail(name, {path + ": it may be the file of another user", FailureKind::not_mirrored});
    }
    // A .forward that leads back to its user means the mailbox; one that was followed before is not delivered twice.
    if (!forwards_begun_.insert(path).second) return forwards_done_.contains(path);
    const auto targets = parse_target_lines(text, primary_.rules.limits.leaves);
    if (targets.empty()) return false;
    if (has_extension || !primary_.rules.propagate.forwards) state.unmatched = {};
    state.expanded_from = name.local_part;
    state.owner = name.user;
    state.in_include = false;
    expand(name, {"forward-files", path}, targets, state);
    forwards_done_.insert(path);
    return true;
  }

  /// The copy of .forward+EXT is called USER+EXT. If the delimiter is not '+', a user may have that name.
  bool may_be_of_another_user(const Name& name) const {
    if (name.extension.starts_with('+')) return false;
    return !primary_.mailboxes || primary_.mailboxes->contains(name.local_part, tree_.deadline()).value_or(true);
  }

  void expand_include(const Name& name, const std::string& path, State state) {
    ++state.level;
    if (!includes_.insert(path).second) return;
    const auto file = find_include_file(primary_, path);
    if (!file) return tree_.add_leaf(LeafKind::include_target, ":include:" + path, file.error());
    if (!primary_.rules.propagate.includes) state.unmatched = {};
    if (state.owner.empty()) state.owner = name.address.key();
    state.expanded_from = name.local_part;
    state.in_include = true;
    expand(name, {"include-root", ":include:" + path}, (*file)->targets, state);
  }

  /// Records the step, then follows its targets in their order.
  void expand(const Name& name, const StepOrigin& origin, const std::vector<Target>& targets, const State& state) {
    const auto describe = [&] {
      Step step{name.address.external(), origin.setting, std::string(origin.table), origin.line, {}};
      for (const Target& target : targets) step.to.push_back(shown(name, target, state));
      return step;
    };
    if (!tree_.add_step(name.address, targets.size(), describe)) return;
    for (const Target& target : targets) follow(name, target, state);
  }

  /// The domain that completes a target without a domain. An unknown $myorigin that is local to the primary is replaced
  /// by the domain of the alias, because local(8) looks up the same aliases and files in every local domain. This is
  /// not done if the target may go to cleanup(8) instead, or if tables are asked for the whole address.
  std::string_view origin_for(const Name& name, const State& state) const {
    const PrimaryRules& rules = primary_.rules;
    const std::string_view alias_domain = name.address.domain();
    const bool stays_local = state.owner.empty() && !state.in_include && alias_domain.contains('.');
    const bool asks_tables = !primary_.address_tables.transport.empty() || !primary_.address_tables.relocated.empty();
    return rules.has_local_origin && stays_local && !asks_tables ? alias_domain : std::string_view(rules.myorigin);
  }

  /// trivial-rewrite(8) finds "user@domain" in quotes only if $myorigin, which completes it, is local.
  bool looks_into_quotes(const Name& name, const State& state) const {
    const auto is_local = primary_.rules.local_domains.matches(origin_for(name, state), tree_.deadline());
    return primary_.rules.looks_into_quotes && is_local.value_or(false);
  }

  std::string shown(const Name& name, const Target& target, const State& state) const {
    const auto* written = std::get_if<AddressTarget>(&target);
    if (written == nullptr) return text_of(target);
    const auto address = qualified_at(origin_for(name, state), written->text, state.unmatched, primary_.rules);
    return address ? address->external() : written->text;
  }

  void follow(const Name& name, const Target& target, State state) {
    if (auto end = end_of(target)) return tree_.add_leaf(end->kind, std::move(end->address), std::move(end->detail));
    if (const auto* include = std::get_if<IncludeTarget>(&target)) return expand_include(name, include->path, state);
    const auto& found = std::get<AddressTarget>(target);
    const std::string& written = found.text;
    if (found.is_quoted && !looks_into_quotes(name, state)) {
      return tree_.add_leaf(LeafKind::not_followed, written, "the primary might not look for an address in quotes");
    }
    auto address = qualified_at(origin_for(name, state), written, state.unmatched, primary_.rules);
    if (!address) return tree_.add_leaf(address.error().kind, written, std::move(address.error().what));
    ++state.level;
    const auto is_ours = others_.is_ours(*address);
    if (!is_ours) return tree_.add_failure(*address, LookupFailure(is_ours.error()));
    if (*is_ours) return deliver(std::move(*address), state);
    if (!indirect_.contains(address->key())) indirect(tree_.keep(std::move(*address)));
  }

  /// Sends an address through cleanup(8) again, unless this was done before. The address must not move in memory.
  void indirect(const Address& address) {
    if (indirect_.insert(address.key()).second) others_.forward(address);
  }

  void end_in_mailbox(const Name& name) {
    const PrimaryRules& rules = primary_.rules;
    std::expected<bool, LookupFailure> known = false;
    if (primary_.mailboxes) known = primary_.mailboxes->contains(name.user, tree_.deadline());
    if (!known) {
      tree_.add_failure(name.address, known.error());
    } else if (!*known && rules.luser_relay) {
      tree_.add_leaf(LeafKind::not_followed, name.address.external(), "the primary's luser_relay may take it");
    } else if (*known || !primary_.mailboxes || rules.other_mailboxes) {
      tree_.add_leaf(LeafKind::primary_mailbox, name.address.external());
    } else {
      // smtpd(8) has asked local_recipient_maps, which may have names without a mailbox.
      tree_.add_undeliverable(name.address.external());
    }
  }

  /// Always true: the branch ends here.
  bool end(LeafKind kind, const Name& name, std::string detail) {
    tree_.add_leaf(kind, name.address.external(), std::move(detail));
    return true;
  }
  bool fail(const Name& name, const LookupFailure& failure) {
    tree_.add_failure(name.address, failure);
    return true;
  }

  const Primary& primary_;
  ExpansionBuilder& tree_;
  const LocalDelivery& others_;
  // local(8)'s duplicate filters, for one delivery.
  SmallSet<LevelAndKey> recipients_;
  SmallSet<std::string> forwards_begun_;
  SmallSet<std::string> forwards_done_;
  SmallSet<std::string> includes_;
  KeySet indirect_;
};

}  // namespace

void local_delivery(const Address& recipient, const Primary& primary, ExpansionBuilder& tree,
                    const LocalDelivery& others) {
  Delivery(primary, tree, others).deliver(recipient);
}

}  // namespace shorthop
