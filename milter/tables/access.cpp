#include "tables/access.h"

#include <algorithm>
#include <array>
#include <vector>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// The keys of access(5), "EMAIL ADDRESS PATTERNS", that are parts of the address, with both forms of a parent domain
/// (postconf(5) parent_domain_matches_subdomains), and both forms of a local part that needs quotes.
std::vector<std::string> partial_keys_of(const Address& recipient, const SearchRules& rules) {
  const std::string_view local_part = recipient.key_local_part();
  const std::string_view domain = recipient.key_domain();
  const auto [user, extension] = split_local_part(local_part, rules.delimiters, rules.owner_request_special);
  std::vector<std::string> keys;
  const auto add = [&keys](std::string_view name, std::string_view at_domain) {
    keys.push_back(std::string(name).append(at_domain));
    keys.push_back(quoted_local_part(name).append(at_domain));
  };
  add(local_part, "@");
  if (!extension.empty()) {
    add(user, std::string("@").append(domain));
    add(user, "@");
  }
  keys.emplace_back(domain);
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    keys.emplace_back(domain.substr(dot));
    keys.emplace_back(domain.substr(dot + 1));
  }
  return keys;
}

using Access = std::expected<std::optional<std::string>, LookupFailure>;

/// The action for the key; nullopt if there is none, or if it lets the recipient pass.
Access find_action(const Table& table, const LookupKey& key, Deadline deadline) {
  if (!is_asked(table, key)) return std::nullopt;
  Lookup found = table.find(key, deadline);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found || lets_pass((*found)->value)) return std::nullopt;
  return std::move((*found)->value);
}

}  // namespace

std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline) {
  if (tables.empty()) return std::nullopt;
  // Tables of patterns get the address in lower case too (LetterCase::lower).
  const std::string quoted = quoted_key(recipient);
  std::vector<LookupKey> keys = {LookupKey::whole(recipient.key()), LookupKey::whole(quoted)};
  const std::vector<std::string> parts = partial_keys_of(recipient, rules);
  for (const std::string& part : parts) keys.push_back(LookupKey::partial(part));
  // Each table is a separate restriction: what one permits, another may reject. An action for the recipient alone may
  // be one that smtpd(8) does not reach, so it must not hide one for the whole message.
  std::optional<std::string> of_recipient;
  for (const auto& table : tables.tables()) {
    for (const LookupKey& key : keys) {
      Access action = find_action(*table, key, deadline);
      if (!action || (*action && concerns_message(**action))) return action;
      if (*action && !of_recipient) of_recipient = std::move(*action);
    }
  }
  return of_recipient;
}

bool concerns_message(std::string_view action) {
  constexpr std::array of_recipient =
      std::to_array<std::string_view>({"REJECT", "DEFER", "DEFER_IF_REJECT", "DEFER_IF_PERMIT", "BCC", "INFO", "WARN"});
  const std::string_view word = trimmed(action).substr(0, trimmed(action).find_first_of(" \t"));
  const bool is_reply = !word.empty() && (word.front() == '4' || word.front() == '5');  // "550 text", "4NN text"
  return !is_reply && !lets_pass(action) &&
         std::ranges::none_of(of_recipient, [&](std::string_view one) { return equal_folded(word, one); });
}

bool lets_pass(std::string_view action) {
  const std::string_view word = trimmed(action).substr(0, trimmed(action).find_first_of(" \t"));
  const bool is_number = !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  // "4NN text" and "5NN text" reject.
  return (is_number && trimmed(action) == word) || equal_folded(word, "OK") || equal_folded(word, "DUNNO");
}

}  // namespace shorthop
