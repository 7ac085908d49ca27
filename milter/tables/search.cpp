#include "tables/search.h"

#include <algorithm>
#include <vector>

#include "mail/ascii.h"

namespace shorthop {
namespace {

/// A key to try, and the extension that a match of it leaves over.
struct Key {
  std::string text;
  std::string_view unmatched;
};

/// A local part with or without a domain, quoted and, where that differs, unquoted (Postfix asks for both).
void add_forms(std::vector<Key>& keys, std::string_view local_part, std::string_view at_domain,
               std::string_view unmatched) {
  std::string quoted = quoted_local_part(local_part);
  const bool differs = quoted != local_part;
  keys.push_back({std::move(quoted).append(at_domain), unmatched});
  if (differs) keys.push_back({std::string(local_part).append(at_domain), unmatched});
}

std::vector<Key> keys_for(const Address& address, const SearchRules& rules) {
  const std::string_view full = address.key_local_part();
  const std::string_view at_domain = std::string_view(address.key()).substr(full.size());
  const auto [user, extension] = split_local_part(full, rules.delimiters, rules.owner_request_special);
  std::vector<Key> keys;
  keys.reserve(5);
  add_forms(keys, full, at_domain, {});
  if (!extension.empty()) add_forms(keys, user, at_domain, extension);
  if (rules.is_local && rules.is_local(address.key_domain())) {
    add_forms(keys, full, {}, {});
    if (!extension.empty()) add_forms(keys, user, {}, extension);
  }
  keys.push_back({std::string(at_domain), {}});
  return keys;
}

/// The extension in the case of the address (keys are folded, what is propagated is not).
std::string as_written(const Address& address, std::string_view folded_extension) {
  if (folded_extension.empty()) return {};
  const std::string_view local_part = address.local_part();
  return std::string(local_part.substr(local_part.size() - folded_extension.size()));
}

}  // namespace

SplitLocalPart split_local_part(std::string_view local_part, std::string_view delimiters, bool owner_request_special) {
  const SplitLocalPart whole{local_part, {}};
  for (const std::string_view name : {"postmaster", "mailer-daemon", "double-bounce"}) {
    if (equal_folded(local_part, name)) return whole;
  }
  if (owner_request_special && delimiters.contains('-')) {
    constexpr std::string_view request = "-request";
    if (starts_with_folded(local_part, "owner-")) return whole;
    if (local_part.size() > request.size() &&
        equal_folded(local_part.substr(local_part.size() - request.size()), request)) {
      return whole;
    }
  }
  const std::size_t cut = local_part.find_first_of(delimiters);
  if (cut == local_part.npos || cut == 0) return whole;
  return {local_part.substr(0, cut), local_part.substr(cut)};
}

std::expected<std::optional<Match>, LookupFailure> search_address(const TableList& tables, const Address& address,
                                                                  const SearchRules& rules) {
  if (tables.empty()) return std::nullopt;
  for (const Key& key : keys_for(address, rules)) {
    auto found = tables.find(key.text);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return Match{std::move(**found), as_written(address, key.unmatched)};
  }
  return std::nullopt;
}

std::expected<bool, LookupFailure> knows_address(const TableList& tables, const Address& address,
                                                 const SearchRules& rules) {
  std::optional<LookupFailure> failure;
  for (const Key& key : keys_for(address, rules)) {
    auto known = tables.contains(key.text);
    if (!known) {
      failure = std::move(known.error());
    } else if (*known) {
      return true;
    }
  }
  if (failure) return std::unexpected(std::move(*failure));
  return false;
}

}  // namespace shorthop
