#include "load/host/own_aliases.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "primary/virtual_expansion.h"
#include "tables/text/target.h"

namespace shorthop {
namespace {

using Answer = std::expected<bool, LookupFailure>;

constexpr std::size_t max_aliases = 100;   // shorthop's own limit for alias chains of this host
constexpr int max_canonical_nesting = 10;  // cleanup/cleanup_map11.c: MAX_RECURSION

/// The address that a target of this host's tables means, with this extension; nullopt if it is not followed here.
std::optional<Address> address_of(const std::string& text, const std::string& extension, const LocalPostfix& postfix) {
  std::string whole = text.contains('@') ? text : text + '@' + postfix.myorigin;
  // trivial-rewrite(8) completes "ann@host", and "ann@localhost" too.
  const bool has_dot = whole.find('.', whole.rfind('@')) != whole.npos;
  if (!has_dot && !postfix.dot_domain.empty()) whole.append(1, '.').append(postfix.dot_domain);
  auto address = Address::parse(whole);
  if (address && !extension.empty()) {
    const std::string local_part = std::string(address->local_part()) + extension;
    address = Address::from_parts(local_part, std::string(address->domain()));
  }
  if (!address || address->has_routing_operator()) return std::nullopt;
  return std::move(*address);
}

/// The address that this target means; nullopt also for a target that is not an address.
std::optional<Address> address_of(const Target& target, const std::string& extension, const LocalPostfix& postfix) {
  const auto* written = std::get_if<AddressTarget>(&target);
  return written == nullptr ? std::nullopt : address_of(written->text, extension, postfix);
}

/// The address in a value with one target; nullopt also for several targets.
std::optional<Address> only_address_in(std::string_view value, const std::string& extension,
                                       const LocalPostfix& postfix) {
  const auto targets = parse_targets(value, Dialect::virtual5, 2);
  return targets.size() == 1 ? address_of(targets.front(), extension, postfix) : std::nullopt;
}

/// Whether masquerading may change the address; exceptions are not read.
bool is_masqueraded(const Address& address, const LocalPostfix& postfix) {
  return postfix.masquerades_recipients && has_masqueraded_domain(address, postfix);
}

/// Follows one address. Make a new object for each address.
class Walk {
 public:
  Walk(const LocalPostfix& postfix, const SearchRules& search, const IsOwnDomain& is_own_domain, Deadline deadline)
      : postfix_(postfix), search_(search), is_own_domain_(is_own_domain), deadline_(deadline) {}

  /// An address that comes to cleanup(8), from a client or from local(8).
  Answer enter(const Address& address) {
    if (!entered_.insert(address.key()).second) return true;
    const auto canonical = canonical_here(address, postfix_, search_, deadline_);
    if (!canonical) return std::unexpected(canonical.error());
    return *canonical ? expand(**canonical) : false;
  }

 private:
  bool is_too_long() const { return entered_.size() + expanded_ + delivered_.size() > max_aliases; }

  /// The expansion of an address by cleanup(8). It refuses the whole message if it cannot expand an address: because of
  /// a loop, or of a limit in postconf(5) virtual_alias_*_limit. So an address at such a limit does not stay here. An
  /// address that has expanded into itself is a result: with the entry "bob@example.com bob@example.com", bob is one.
  Answer expand(const Address& address) {
    if (results_.contains(address.key())) return deliver(address);
    const Limits& limits = postfix_.limits;
    const bool is_loop = std::ranges::find(path_, address.key()) != path_.end();
    const bool is_beyond_limit = path_.size() >= limits.virtual_recursion || ++expanded_ > limits.virtual_expansion ||
                                 address.internal().size() > limits.address_length;
    if (is_loop || is_beyond_limit || is_too_long()) return false;
    auto match = search_address(postfix_.virtual_aliases, address, search_, deadline_);
    if (!match) return std::unexpected(std::move(match.error()));
    if (!*match) return deliver(address);
    const std::string extension = postfix_.propagate.virtual_aliases ? (*match)->unmatched_extension : std::string();
    const std::string value = completed_value(address, std::move(**match));
    if (is_among(address, value, extension)) results_.insert(address.key());
    path_.push_back(address.key());
    const Answer stays =
        all_stay(value, Dialect::virtual5, extension, [this](const Address& next) { return expand(next); });
    path_.pop_back();
    return stays;
  }

  /// Whether the address expands into itself: one of the targets in its entry is the address.
  bool is_among(const Address& address, std::string_view value, const std::string& extension) const {
    return std::ranges::any_of(parse_targets(value, Dialect::virtual5, max_aliases), [&](const Target& target) {
      const auto next = address_of(target, extension, postfix_);
      return next && next->key() == address.key();
    });
  }

  /// A final result of cleanup(8).
  Answer deliver(const Address& address) {
    const Answer is_local = postfix_.mydestination.matches(address.key_domain(), deadline_);
    if (!is_local) return is_local;
    if (*is_local) return deliver_locally(address);
    for (const MatchList* list : {&postfix_.virtual_alias_domains, &postfix_.virtual_mailbox_domains}) {
      const Answer is_virtual = list->matches(address.key_domain(), deadline_);
      if (!is_virtual || *is_virtual) return is_virtual;
    }
    return is_own_domain_(address.key_domain());
  }

  /// local(8) asks no canonical tables and no virtual aliases, except for addresses that leave mydestination.
  Answer deliver_locally(const Address& address) {
    if (!delivered_.insert(address.key()).second) return true;
    if (is_too_long()) return false;
    const std::string_view name = address.key_local_part();
    const auto [user, extension] = split_local_part(name, postfix_.delimiters, postfix_.owner_request_special);
    for (const std::string_view key : {name, user}) {
      const auto found = postfix_.aliases.find(key, deadline_);
      if (!found) return std::unexpected(found.error());
      if (!*found) continue;
      const bool is_kept = key.size() < name.size() && postfix_.propagate.aliases;
      return all_stay((*found)->entry.value, Dialect::local8, std::string(is_kept ? extension : std::string_view()),
                      [this](const Address& next) { return forward(next); });
    }
    return true;
  }

  Answer forward(const Address& next) {
    const Answer is_local = postfix_.mydestination.matches(next.key_domain(), deadline_);
    if (!is_local) return is_local;
    return *is_local ? deliver_locally(next) : enter(next);
  }

  template <class Follow>
  Answer all_stay(std::string_view value, Dialect dialect, const std::string& extension, Follow follow) {
    for (const Target& target : parse_targets(value, dialect, max_aliases)) {
      if (std::holds_alternative<CommandTarget>(target) || std::holds_alternative<FileTarget>(target) ||
          std::holds_alternative<MailboxTarget>(target)) {
        continue;
      }
      const auto next = address_of(target, extension, postfix_);
      const Answer stays = next ? follow(*next) : false;
      if (!stays || !*stays) return stays;
    }
    return true;
  }

  const LocalPostfix& postfix_;
  const SearchRules& search_;
  const IsOwnDomain& is_own_domain_;
  Deadline deadline_;
  std::set<std::string> entered_;
  std::size_t expanded_ = 0;       ///< addresses that virtual_alias_maps was asked for
  std::vector<std::string> path_;  ///< keys of the addresses that are being expanded, outermost first
  std::set<std::string> results_;  ///< keys that expanded into themselves
  std::set<std::string> delivered_;
};

}  // namespace

std::expected<std::optional<Address>, LookupFailure> canonical_here(Address address, const LocalPostfix& postfix,
                                                                    const SearchRules& search, Deadline deadline) {
  for (const TableList* tables : canonical_of_recipients(postfix)) {
    for (int nesting = 0;; ++nesting) {
      auto match = search_address(*tables, address, search, deadline);
      if (!match) return std::unexpected(std::move(match.error()));
      if (!*match) break;
      if (nesting == max_canonical_nesting || (*match)->is_unquoted) return std::nullopt;
      const std::string extension = postfix.propagate.canonical ? (*match)->unmatched_extension : std::string();
      auto next = only_address_in(completed_value(address, std::move(**match)), extension, postfix);
      if (!next) return std::nullopt;
      const bool is_same = *next == address;
      address = std::move(*next);
      if (is_same) break;
    }
  }
  return is_masqueraded(address, postfix) ? std::nullopt : std::optional(std::move(address));
}

std::expected<bool, LookupFailure> stays_here(const Address& address, const LocalPostfix& postfix,
                                              const SearchRules& search, const IsOwnDomain& is_own_domain,
                                              Deadline deadline) {
  return Walk(postfix, search, is_own_domain, deadline).enter(address);
}

std::expected<bool, LookupFailure> is_unchanged_here(const Address& address, const LocalPostfix& postfix,
                                                     const SearchRules& search, Deadline deadline) {
  const auto canonical = canonical_here(address, postfix, search, deadline);
  if (!canonical) return std::unexpected(canonical.error());
  if (!*canonical || (*canonical)->key() != address.key()) return false;
  auto match = search_address(postfix.virtual_aliases, address, search, deadline);
  if (!match) return std::unexpected(std::move(match.error()));
  if (!*match) return true;
  const std::string extension = postfix.propagate.virtual_aliases ? (*match)->unmatched_extension : std::string();
  const auto next = only_address_in(completed_value(address, std::move(**match)), extension, postfix);
  return next && next->key() == address.key();
}

}  // namespace shorthop
