#include "tables/search.h"

#include <algorithm>
#include <string>

#include "text/ascii.h"

namespace shorthop {
namespace {

// Keys are built on demand: most searches end with the first.

/// Why it is not known whether a key applies; null: it applies.
using Doubt = const LookupFailure*;

/// The arguments of `ask`: a key; the extension that was cut from it; the doubt about the key; whether the key lacks
/// the quotes that the address needs. `ask` returns whether the search is finished, and so do ask_whole() and
/// ask_part().

/// Looks up the whole address, quoted and then unquoted, like Postfix (global/mail_addr_find.c).
template <class Ask>
bool ask_whole(const Address& address, LetterCase letter_case, Ask& ask) {
  const bool is_lower = letter_case == LetterCase::lower;
  const LookupKey unquoted(is_lower ? address.key() : address.internal(), address.key());
  // Usually the key is the address unchanged, and needs no copy.
  if (!address.needs_quotes()) return ask(unquoted, {}, nullptr);
  const std::string folded = quoted_key(address);
  return ask(LookupKey(is_lower ? folded : address.external(), folded), {}, nullptr) ||
         ask(unquoted, {}, nullptr, true);
}

/// Looks up a part of the address, in both forms if they differ.
template <class Ask>
bool ask_part(std::string_view local_part, std::string_view at_domain, std::string_view unmatched, Doubt doubt,
              Ask& ask) {
  std::string quoted = quoted_local_part(local_part);
  const bool differs = quoted != local_part;
  if (ask(LookupKey::partial(quoted.append(at_domain)), unmatched, doubt)) return true;
  return differs && ask(LookupKey::partial(std::string(local_part).append(at_domain)), unmatched, doubt, true);
}

template <class Ask>
void ask_keys(const Address& address, LetterCase letter_case, const SearchRules& rules, Deadline deadline, Ask ask) {
  const std::string_view full = address.key_local_part();
  const std::string_view at_domain = std::string_view(address.key()).substr(full.size());
  if (ask_whole(address, letter_case, ask)) return;
  const auto [user, extension] = split_local_part(full, rules.delimiters, rules.owner_request_special);
  if (!extension.empty() && ask_part(user, at_domain, extension, nullptr, ask)) return;
  const auto is_local = rules.is_local ? rules.is_local(at_domain.substr(1), deadline) : false;
  if (!is_local || *is_local) {
    const Doubt doubt = is_local ? nullptr : &is_local.error();
    if (ask_part(full, {}, {}, doubt, ask)) return;
    if (!extension.empty() && ask_part(user, {}, extension, doubt, ask)) return;
  }
  ask(LookupKey::partial(at_domain), {}, nullptr);
}

/// The extension in the letter case of the address (keys are folded, but the extension is propagated unchanged).
std::string as_written(const Address& address, std::string_view folded_extension) {
  if (folded_extension.empty()) return {};
  const std::string_view local_part = address.local_part();
  if (local_part.size() != address.key_local_part().size()) return std::string(folded_extension);
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
  std::size_t cut = local_part.npos;
  for (const char delimiter : delimiters)
    cut = std::min(cut, local_part.find(delimiter));  // there is seldom more than one delimiter
  if (cut == local_part.npos || cut == 0) return whole;
  return {local_part.substr(0, cut), local_part.substr(cut)};
}

std::expected<std::optional<Match>, LookupFailure> search_address(const TableList& tables, const Address& address,
                                                                  const SearchRules& rules, Deadline deadline) {
  std::expected<std::optional<Match>, LookupFailure> result;
  if (tables.empty()) return result;
  const auto fail = [&result](LookupFailure failure) {
    result = std::unexpected(std::move(failure));
    return true;
  };
  const auto ask = [&](const LookupKey& key, std::string_view unmatched, Doubt doubt, bool is_unquoted = false) {
    auto found = tables.find(key, deadline);
    if (!found) return fail(std::move(found.error()));
    if (*found && doubt != nullptr) return fail(*doubt);
    if (*found) result = Match{std::move(**found), as_written(address, unmatched), is_unquoted};
    return found->has_value();
  };
  ask_keys(address, LetterCase::as_written, rules, deadline, ask);
  return result;
}

std::expected<bool, LookupFailure> knows_address(const TableList& tables, const Address& address,
                                                 LetterCase letter_case, const SearchRules& rules, Deadline deadline) {
  std::optional<LookupFailure> failure;
  bool is_known = false;
  const auto note = [&failure](LookupFailure what) {
    failure = std::move(what);
    return false;
  };
  const auto ask = [&](const LookupKey& key, std::string_view, Doubt doubt, bool = false) {
    auto known = tables.contains(key, deadline);
    if (!known) return note(std::move(known.error()));
    if (*known && doubt != nullptr) return note(*doubt);
    return is_known = *known;
  };
  ask_keys(address, letter_case, rules, deadline, ask);
  if (!is_known && failure) return std::unexpected(std::move(*failure));
  return is_known;
}

}  // namespace shorthop
