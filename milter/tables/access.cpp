#include "tables/access.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// What an action does to the delivery.
enum class Effect : std::uint8_t {
  permits,    ///< ends the list of restrictions
  goes_on,    ///< smtpd(8) goes on to the next restriction
  recipient,  ///< refuses the recipient, or sends a copy
  message     ///< changes the delivery of the whole message
};

struct ActionRow {
  std::string_view name;
  Effect effect;
  bool takes_text;  ///< false: if text follows it, the value is a list of restrictions, which is not followed
};

// access(5)
constexpr std::array actions = std::to_array<ActionRow>({
    {"OK", Effect::permits, true},
    {"permit", Effect::permits, false},
    {"permit_auth_destination", Effect::permits, false},
    {"DUNNO", Effect::goes_on, true},
    {"INFO", Effect::goes_on, true},
    {"WARN", Effect::goes_on, true},
    {"REJECT", Effect::recipient, true},
    {"DEFER", Effect::recipient, true},
    {"DEFER_IF_REJECT", Effect::recipient, true},
    {"DEFER_IF_PERMIT", Effect::recipient, true},
    {"BCC", Effect::recipient, true},
    {"DISCARD", Effect::message, true},
    {"FILTER", Effect::message, true},
    {"HOLD", Effect::message, true},
    {"PREPEND", Effect::message, true},
    {"REDIRECT", Effect::message, true},
});

/// nullopt: the words are restrictions or restriction classes, and may concern the whole message.
std::optional<Effect> effect_of(std::string_view action) {
  action = trimmed(action);
  const std::string_view word = action.substr(0, action.find_first_of(" \t"));
  const bool is_alone = word == action;
  const bool is_number = !word.empty() && std::ranges::all_of(word, is_digit);
  if (is_number && is_alone) return Effect::permits;
  if (word.starts_with('4') || word.starts_with('5')) return Effect::recipient;  // "4NN text", "5NN text"
  const auto row = std::ranges::find_if(
      actions, [&](const ActionRow& one) { return equal_folded(word, one.name) && (one.takes_text || is_alone); });
  return row == actions.end() ? std::nullopt : std::optional(row->effect);
}

class IgnoringLists final : public Table {
 public:
  IgnoringLists(std::shared_ptr<const Table> table, ListTest is_ignorable)
      : Table(table->name(), table->changed()), table_(std::move(table)), is_ignorable_(std::move(is_ignorable)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    Lookup found = table_->find(key, deadline);
    if (found && *found && is_ignored((*found)->value)) (*found)->value = declined;
    return found;
  }
  bool each_entry(const UseEntry& use) const override {
    return table_->each_entry([&](std::string_view key, std::string_view value, std::uint32_t line) {
      use(key, is_ignored(value) ? declined : value, line);
    });
  }
  std::optional<std::size_t> entries() const override { return table_->entries(); }

 private:
  static constexpr std::string_view declined = "DUNNO";

  bool is_ignored(std::string_view value) const { return is_list(value) && is_ignorable_(value); }

  /// If the first word is an action, smtpd(8) does not read the value as a list of restrictions and classes.
  static bool is_list(std::string_view value) {
    const std::vector<std::string> words = list_items(value);
    return !words.empty() && !effect_of(words.front());
  }

  std::shared_ptr<const Table> table_;
  ListTest is_ignorable_;
};

struct AccessKey {
  std::string text;
  bool is_partial = true;
  /// Whether it is certain that smtpd(8) looks up this key. It is not certain for a local part that needs quotes, and
  /// for parent domains.
  bool is_certain = true;
};

/// The keys of access(5), "EMAIL ADDRESS PATTERNS", in their order: the address and its parts. A local part that needs
/// quotes gives a key without and a key with quotes (smtpd(8) looks up the one without). A parent domain gives a key
/// with and a key without its leading dot (postconf(5) parent_domain_matches_subdomains).
std::vector<AccessKey> keys_of(const Address& recipient, const SearchRules& rules) {
  const std::string_view local_part = recipient.key_local_part();
  const std::string_view domain = recipient.key_domain();
  const auto [user, extension] = split_local_part(local_part, rules.delimiters, rules.owner_request_special);
  const bool is_plain = !recipient.needs_quotes();
  // Pattern tables get the address in lower case too (LetterCase::lower).
  std::vector<AccessKey> keys = {{recipient.key(), false, is_plain}};
  if (!is_plain) keys.push_back({quoted_key(recipient), false, false});
  const auto add = [&](std::string_view name, std::string_view at_domain) {
    keys.push_back({std::string(name).append(at_domain), true, is_plain});
    std::string quoted = quoted_local_part(name);
    if (quoted != name) keys.push_back({std::move(quoted.append(at_domain)), true, false});
  };
  if (!extension.empty()) add(user, std::string("@").append(domain));
  keys.push_back({std::string(domain)});
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    keys.push_back({std::string(domain.substr(dot)), true, false});
    keys.push_back({std::string(domain.substr(dot + 1)), true, false});
  }
  add(local_part, "@");
  if (!extension.empty()) add(user, "@");
  return keys;
}

using Access = std::expected<std::optional<std::string>, LookupFailure>;

/// The action for the key; nullopt: there is none.
Access find_action(const Table& table, const AccessKey& key, Deadline deadline) {
  const LookupKey lookup_key = key.is_partial ? LookupKey::partial(key.text) : LookupKey::whole(key.text);
  if (!is_asked(table, lookup_key)) return std::nullopt;
  Lookup found = table.find(lookup_key, deadline);
  if (!found) return std::unexpected(std::move(found.error()));
  return *found ? std::optional(std::move((*found)->value)) : std::nullopt;
}

/// Whether the table certainly permits the recipient with these keys: see find_refusal().
std::expected<bool, LookupFailure> permits(const Table& table, const std::vector<AccessKey>& keys, Deadline deadline) {
  for (const AccessKey& key : keys) {
    const Access action = find_action(table, key, deadline);
    if (!action) return std::unexpected(action.error());
    if (!*action) continue;
    if (effect_of(**action) != Effect::permits) return false;
    if (key.is_certain) return true;
  }
  return false;
}

}  // namespace

std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline) {
  if (tables.empty()) return std::nullopt;
  const std::vector<AccessKey> keys = keys_of(recipient, rules);
  // Each table is a separate restriction: what one table permits, another may reject. It is possible that smtpd(8) does
  // not reach an action for the recipient alone, so that action must not hide a later one for the whole message.
  std::optional<std::string> of_recipient;
  for (const auto& table : tables.tables()) {
    for (const AccessKey& key : keys) {
      Access action = find_action(*table, key, deadline);
      if (!action || (*action && concerns_message(**action))) return action;
      if (!*action) continue;
      if (!lets_pass(**action) && !of_recipient) of_recipient = std::move(*action);
      if (key.is_certain) break;  // smtpd(8) looks up no further key in this table
    }
  }
  return of_recipient;
}

std::expected<std::optional<std::string>, LookupFailure> find_refusal(const TableList& tables,
                                                                      const std::vector<AccessRefusal>& refusals,
                                                                      const Address& recipient,
                                                                      const SearchRules& rules, Deadline deadline) {
  if (refusals.empty()) return std::nullopt;
  const std::vector<AccessKey> keys = keys_of(recipient, rules);
  for (const AccessRefusal& refusal : refusals) {
    bool is_permitted = false;
    for (const std::size_t place : refusal.permitting) {
      const auto answer = permits(*tables.tables().at(place), keys, deadline);
      if (!answer) return std::unexpected(answer.error());
      is_permitted = is_permitted || *answer;
    }
    if (!is_permitted) return refusal.text;
  }
  return std::nullopt;
}

std::shared_ptr<const Table> ignore_lists(std::shared_ptr<const Table> table, ListTest is_ignorable) {
  return std::make_shared<IgnoringLists>(std::move(table), std::move(is_ignorable));
}

bool concerns_message(std::string_view action) {
  return effect_of(action).value_or(Effect::message) == Effect::message;
}

bool may_act_on_messages(const TableList& tables) {
  return tables.may_list([](std::string_view, std::string_view value) { return concerns_message(value); });
}

bool refuses(std::string_view action) {
  constexpr std::array refusals = std::to_array<std::string_view>({"reject", "defer", "defer_if_permit"});
  const auto is_refusal = [&](std::string_view word) {
    return std::ranges::any_of(refusals, [&](std::string_view one) { return equal_folded(word, one); });
  };
  const std::vector<std::string> words = list_items(action);
  if (const auto effect = effect_of(action)) {
    const bool is_reply = action.starts_with('4') || action.starts_with('5');
    return effect == Effect::recipient && (is_reply || is_refusal(words.front()));
  }
  return std::ranges::any_of(words, is_refusal);
}

bool lets_pass(std::string_view action) {
  const auto effect = effect_of(action);
  return effect == Effect::permits || effect == Effect::goes_on;
}

bool only_pass_or_refuse(const TableList& tables) {
  return !tables.may_list(
      [](std::string_view, std::string_view action) { return !lets_pass(action) && !refuses(action); });
}

}  // namespace shorthop
