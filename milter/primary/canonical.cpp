#include "primary/canonical.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "mail/host.h"
#include "primary/qualify.h"
#include "primary/virtual_expansion.h"
#include "tables/search.h"
#include "tables/text/target.h"

namespace shorthop {
namespace {

constexpr int max_nesting = 10;  // cleanup/cleanup_map11.c: MAX_RECURSION; beyond it the message is not accepted

/// One list of canonical tables and its name in steps.
struct CanonicalTables {
  const TableList& tables;
  std::string_view setting;
};

class Canonical {
 public:
  Canonical(const Primary& primary, const SearchRules& search, ExpansionBuilder& tree)
      : primary_(primary), search_(search), tree_(tree) {}

  /// Null, with a leaf in the tree, if the result is not known.
  const Address* replaced(const Address& address, const CanonicalTables& list) {
    const Address* current = &address;
    if (list.tables.empty()) return current;
    for (int i = 0; i < max_nesting; ++i) {
      tree_.count_look_up(*current);
      auto match = search_address(list.tables, *current, search_, tree_.deadline());
      if (!match) return failed(*current, match.error());
      if (!*match) return current;
      if ((*match)->is_unquoted) return end(LeafKind::not_followed, *current, std::string(key_lacks_quotes));
      const Address* next = target_of(*current, **match, list.setting);
      if (next == nullptr || *next == *current) return next;
      current = next;
    }
    return end(LeafKind::loop, *current, fmt::format("{} leads back to itself", list.setting));
  }

  /// Only a subdomain of a masqueraded domain changes (cleanup/cleanup_masquerade.c).
  const Address* masqueraded(const Address& address) {
    if (!is_below_any(address.key_domain(), primary_.rules.masquerade_domains)) return &address;
    return end(LeafKind::not_followed, address, "the primary's masquerade_domains may rewrite it");
  }

 private:
  const Address* target_of(const Address& address, const Match& match, std::string_view setting) {
    const Entry& entry = match.found.entry;
    const std::string extension = primary_.rules.propagate.canonical ? match.unmatched_extension : std::string();
    const std::string written = completed_value(address, match);
    const auto targets = parse_targets(written, Dialect::virtual5, 2);
    const auto* target = targets.size() == 1 ? std::get_if<AddressTarget>(&targets.front()) : nullptr;
    if (target == nullptr) {
      return end(LeafKind::not_followed, address, fmt::format("{}: \"{}\" is not one address", setting, entry.value));
    }
    auto replacement = qualified(target->text, extension, primary_.rules);
    if (!replacement) return end(replacement.error().kind, address, std::move(replacement.error().what));
    const Address& kept = tree_.keep(std::move(*replacement));
    const bool is_counted = tree_.add_step(address, 1, [&] {
      return Step{address.external(), setting, match.found.table->name(), entry.line, {kept.external()}};
    });
    return is_counted ? &kept : nullptr;
  }

  const Address* failed(const Address& address, const LookupFailure& failure) {
    tree_.add_failure(address, failure);
    return nullptr;
  }
  const Address* end(LeafKind kind, const Address& address, std::string detail) {
    tree_.add_leaf(kind, address.external(), std::move(detail));
    return nullptr;
  }

  const Primary& primary_;
  const SearchRules& search_;
  ExpansionBuilder& tree_;
};

}  // namespace

const Address* canonical_address(const Address& address, const Primary& primary, const SearchRules& search,
                                 ExpansionBuilder& tree) {
  Canonical canonical(primary, search, tree);
  const Address* result =
      canonical.replaced(address, {primary.address_tables.recipient_canonical, "recipient-canonical-maps"});
  if (result != nullptr) result = canonical.replaced(*result, {primary.address_tables.canonical, "canonical-maps"});
  return result == nullptr ? nullptr : canonical.masqueraded(*result);
}

}  // namespace shorthop
