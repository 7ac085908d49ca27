#include "primary/virtual_expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <string>

#include "primary/key_set.h"
#include "primary/qualify.h"
#include "primary/routing.h"
#include "tables/search.h"
#include "tables/text/target.h"

namespace shorthop {
namespace {

class Expansion {
 public:
  Expansion(const Address& address, const Primary& primary, const SearchRules& search, ExpansionBuilder& tree)
      : address_(address), primary_(primary), search_(search), tree_(tree) {}

  std::optional<AddressList> list() && {
    list_.push_back(&address_);
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (!follow(i)) return std::nullopt;
    }
    return std::move(list_);
  }

 private:
  /// Expands the address at `index` until it has no alias; further targets are appended to the list.
  bool follow(std::size_t index) {
    KeySet seen;  // addresses visited since the last one that expands into itself; a second visit means an endless loop
    for (std::size_t depth = 0;; ++depth) {
      const Address& address = *list_[index];
      if (final_.contains(address.key())) return true;
      // Counted before the look-up, as in cleanup(8): the final address, which has no alias, is counted too.
      if (depth >= primary_.rules.limits.virtual_recursion) {
        return stop(LeafKind::limit, address, "more steps than virtual_alias_recursion_limit");
      }
      tree_.count_look_up(address);
      if (!is_listed(address)) return false;
      auto match = search_address(primary_.virtual_aliases, address, search_, tree_.deadline());
      if (!match) {
        tree_.add_failure(address, match.error());
        return false;
      }
      if (!*match) return true;
      if ((*match)->is_unquoted) return stop(LeafKind::not_followed, address, std::string(key_lacks_quotes));
      if (!seen.insert(address.key()).second) {
        return stop(LeafKind::loop, address, "the virtual alias leads back to itself");
      }
      const auto targets = targets_of(address, std::move(**match));
      if (!targets) return false;
      if (list_.size() - 1 + targets->size() > primary_.rules.limits.virtual_expansion) return over_limit();
      if (replace(index, *targets)) seen.clear();
    }
  }

  /// Replaces the address by the targets. Returns whether the address is among them; then it is not expanded again
  /// (virtual(5): an address may expand into itself once).
  bool replace(std::size_t index, const AddressList& targets) {
    const Address& address = *list_[index];
    const bool into_itself = std::ranges::any_of(targets, [&](const Address* target) { return *target == address; });
    if (into_itself) final_.insert(address.key());
    list_[index] = targets.front();
    for (const Address* target : targets | std::views::drop(1)) list_.push_back(target);
    return into_itself;
  }

  /// At least one target; nullopt: a leaf says why the expansion ends here.
  std::optional<AddressList> targets_of(const Address& address, Match match) {
    const Table& table = *match.found.table;
    const std::uint32_t line = match.found.entry.line;
    const std::string extension = primary_.rules.propagate.virtual_aliases ? match.unmatched_extension : std::string();
    const std::string written = completed_value(address, std::move(match));
    const auto targets = parse_targets(written, Dialect::virtual5, primary_.rules.limits.leaves);
    std::vector<std::string> shown;
    if (tree_.records_steps()) shown.reserve(targets.size());
    AddressList addresses;
    std::optional<QualifyError> trouble;
    for (const Target& target : targets) {
      auto read = address_of(target, extension);
      if (tree_.records_steps()) shown.push_back(read ? read->external() : text_of(target));
      if (read) {
        addresses.push_back(&tree_.keep(std::move(*read)));
      } else if (!trouble) {
        trouble = {read.error().kind, fmt::format("{}: {}", text_of(target), read.error().what)};
      }
    }
    const bool is_counted = tree_.add_step(address, targets.size(), [&] {
      return Step{address.external(), "virtual-alias-maps", table.name(), line, std::move(shown)};
    });
    if (!is_counted) return std::nullopt;
    if (const auto* further = std::get_if<FurtherTargets>(&targets.back())) {
      return stopped(LeafKind::limit, address, fmt::format("more than {} targets", further->max_targets));
    }
    if (trouble) return stopped(trouble->kind, address, std::move(trouble->what));
    if (!is_usable(addresses, address)) return std::nullopt;
    return addresses;
  }

  /// Whether there are addresses, and none is longer than Postfix permits; if not, a leaf says why.
  bool is_usable(const AddressList& addresses, const Address& expanded) {
    const std::size_t max_length = primary_.rules.limits.address_length;
    const auto is_too_long = [&](const Address* target) { return target->internal().size() > max_length; };
    if (std::ranges::any_of(addresses, is_too_long)) {
      return stop(LeafKind::limit, expanded, "longer than virtual_alias_address_length_limit");
    }
    if (addresses.empty()) return stop(LeafKind::invalid_address, expanded, "the virtual alias has no target");
    return true;
  }

  std::expected<Address, QualifyError> address_of(const Target& target, std::string_view extension) const {
    const auto* written = std::get_if<AddressTarget>(&target);
    if (written == nullptr) {
      const auto* unreadable = std::get_if<UnreadableTarget>(&target);
      return std::unexpected(
          QualifyError{LeafKind::invalid_address, unreadable != nullptr ? unreadable->what : "not an address"});
    }
    return qualified(written->text, extension, primary_.rules);
  }

  /// Whether the primary's lists of domains have the domain of the address. If not, or if the look-up fails, adds a
  /// leaf, and the whole expansion ends.
  bool is_listed(const Address& address) {
    auto listed = shorthop::is_listed(address, primary_, tree_.deadline());
    if (!listed) {
      tree_.add_failure(address, listed.error());
      return false;
    }
    return *listed ||
           stop(LeafKind::not_mirrored, address, "the domain is missing from the primary's lists of domains");
  }

  bool stop(LeafKind kind, const Address& address, std::string detail) {
    tree_.add_leaf(kind, address.external(), std::move(detail));
    return false;
  }
  std::nullopt_t stopped(LeafKind kind, const Address& address, std::string detail) {
    stop(kind, address, std::move(detail));
    return std::nullopt;
  }
  bool over_limit() {
    return stop(LeafKind::limit, address_,
                fmt::format("more than {} addresses", primary_.rules.limits.virtual_expansion));
  }

  const Address& address_;
  const Primary& primary_;
  const SearchRules& search_;
  ExpansionBuilder& tree_;
  AddressList list_;
  KeySet final_;  ///< keys that expanded into themselves
};

}  // namespace

std::string completed_value(const Address& address, Match match) {
  std::string& value = match.found.entry.value;
  if (!value.starts_with('@')) return std::move(value);
  std::string_view local_part = address.local_part();
  local_part.remove_suffix(match.unmatched_extension.size());
  return quoted_local_part(local_part).append(value);
}

std::optional<AddressList> virtual_expansion(const Address& address, const Primary& primary, const SearchRules& search,
                                             ExpansionBuilder& tree) {
  return Expansion(address, primary, search, tree).list();
}

}  // namespace shorthop
