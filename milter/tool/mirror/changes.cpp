#include "tool/mirror/changes.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include "mail/address.h"
#include "primary/budget.h"
#include "session/decision.h"
#include "tool/mirror/listed_recipients.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_recipients = 200'000;  // a sufficient sample, in well under a minute
constexpr std::size_t max_examples = 20;
constexpr std::chrono::seconds time_for_recipients{120};  // in total: live tables may be slow

/// For each entry, the hashes of its key and value, so that ten million entries take little memory.
using EntryHashes = std::vector<std::pair<std::size_t, std::size_t>>;

EntryHashes hashes_of(const Table& table) {
  EntryHashes hashes;
  const std::hash<std::string_view> hash;
  table.each_entry([&](std::string_view key, std::string_view value, std::uint32_t) {
    hashes.emplace_back(hash(key), hash(value));
  });
  std::ranges::sort(hashes);
  return hashes;
}

TableChange change_of(const std::string& name, const EntryHashes& before, const EntryHashes& now) {
  TableChange change{name};
  auto old_entry = before.begin();
  auto new_entry = now.begin();
  while (old_entry != before.end() || new_entry != now.end()) {
    if (new_entry == now.end() || (old_entry != before.end() && old_entry->first < new_entry->first)) {
      ++change.removed;
      ++old_entry;
    } else if (old_entry == before.end() || new_entry->first < old_entry->first) {
      ++change.added;
      ++new_entry;
    } else {
      if (old_entry->second != new_entry->second) ++change.changed;
      ++old_entry;
      ++new_entry;
    }
  }
  return change;
}

std::vector<TableChange> changed_tables(const LoadedMirror* before, const LoadedMirror& now) {
  std::vector<TableChange> changes;
  const auto add = [&](const std::string& name, const Table* old_table, const Table* new_table) {
    const TableChange change = change_of(name, old_table == nullptr ? EntryHashes() : hashes_of(*old_table),
                                         new_table == nullptr ? EntryHashes() : hashes_of(*new_table));
    if (change.added + change.removed + change.changed > 0) changes.push_back(change);
  };
  for (const auto& [name, table] : now.data->tables) {
    const auto old_table = before == nullptr ? now.data->tables.end() : before->data->tables.find(name);
    const bool has_old = before != nullptr && old_table != before->data->tables.end();
    add(name, has_old ? old_table->second.get() : nullptr, table.get());
  }
  if (before == nullptr) return changes;
  for (const auto& [name, table] : before->data->tables) {
    if (!now.data->tables.contains(name)) add(name, table.get(), nullptr);
  }
  return changes;
}

/// A decision as if the data were fresh.
struct ShortDecision {
  bool is_rewritten = false;
  std::string text = "-";
};

ShortDecision decide_with(const LoadedMirror* mirror, const Address& recipient) {
  if (mirror == nullptr) return {};
  Budget budget = running_budget(*mirror->snapshot, std::chrono::steady_clock::now());
  const Decision decision =
      decide_address(recipient, *mirror->snapshot, {mirror->relay().newest.time, Trace::off, budget});
  const bool is_rewritten = decision.verdict == Verdict::rewrite;
  ShortDecision result{is_rewritten, is_rewritten ? "rewrite " : "keep "};
  result.text += name_of(decision.reason);
  for (const Address& to : decision.to) result.text += ' ' + to.external();
  return result;
}

void add_recipient(Changes& changes, const std::string& text, const LoadedMirror* before, const LoadedMirror& now) {
  const auto recipient = Address::parse(text);
  if (!recipient) return;
  const ShortDecision old_decision = decide_with(before, *recipient);
  const ShortDecision new_decision = decide_with(&now, *recipient);
  ++changes.recipients;
  if (new_decision.is_rewritten) ++changes.rewritten;
  if (old_decision.text == new_decision.text || (before == nullptr && !new_decision.is_rewritten)) return;
  if (old_decision.is_rewritten == new_decision.is_rewritten) {
    ++changes.otherwise;
  } else {
    ++(new_decision.is_rewritten ? changes.keep_to_rewrite : changes.rewrite_to_keep);
  }
  if (changes.examples.size() < max_examples) {
    changes.examples.push_back({text, old_decision.text, new_decision.text});
  }
}

}  // namespace

Changes changes_between(const LoadedMirror* before, const LoadedMirror& now) {
  Changes changes;
  changes.tables = changed_tables(before, now);
  ListedRecipients all = listed_recipients(now.relay(), now.settings, max_recipients);
  changes.is_partial = all.is_partial;
  if (before != nullptr) {
    ListedRecipients old = listed_recipients(before->relay(), before->settings, max_recipients);
    changes.is_partial = changes.is_partial || old.is_partial;
    all.addresses.merge(old.addresses);
  }
  const auto deadline = std::chrono::steady_clock::now() + time_for_recipients;
  for (const std::string& address : all.addresses) {
    if (std::chrono::steady_clock::now() > deadline) {
      changes.is_partial = true;
      break;
    }
    add_recipient(changes, address, before, now);
  }
  return changes;
}

}  // namespace shorthop::tool
