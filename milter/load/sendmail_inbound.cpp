#include "load/sendmail_inbound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "load/host/sendmail_filters.h"
#include "load/mirror/sendmail_cf.h"
#include "tables/access.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// The filters that some daemon uses, each once.
std::vector<std::string> filters_in(std::string_view cf) {
  const SendmailFilters filters = sendmail_filters(cf);
  std::set<std::string, std::less<>> used(filters.order.begin(), filters.order.end());
  for (const std::vector<std::string>& list : filters.of_daemons) used.insert(list.begin(), list.end());
  std::vector<std::string> texts;
  for (const SendmailFilter& filter : filters.defined) {
    if (used.contains(filter.name)) texts.push_back(fmt::format("filter {}, S={}", filter.name, filter.socket));
  }
  return texts;
}

/// Rulesets that cf/m4 leaves to the postmaster or to a feature, and that may refuse or discard a message.
bool is_of_messages(std::string_view ruleset) {
  constexpr std::array names = std::to_array<std::string_view>({"check_data", "check_eoh", "check_eom"});
  return std::ranges::find(names, ruleset) != names.end();
}
bool is_of_access(std::string_view ruleset) {
  constexpr std::array names =
      std::to_array<std::string_view>({"Local_check_relay", "Local_check_mail", "Local_check_rcpt", "check_compat"});
  return std::ranges::find(names, ruleset) != names.end();
}

std::vector<std::string> rulesets_with_rules(const SendmailCf& cf, bool (*is_wanted)(std::string_view ruleset)) {
  std::vector<std::string> names;
  for (const CfRule& rule : cf.rules) {
    if (is_wanted(rule.ruleset) && (names.empty() || names.back() != rule.ruleset)) names.push_back(rule.ruleset);
  }
  return names;
}

/// Entries that discard or quarantine mail of clients and senders. Those with "To:" are asked about each recipient.
void add_entries(std::vector<std::string>& entries, std::string_view access_map) {
  for (std::string_view line : lines_of(access_map)) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::string_view key = take_word(line);
    const std::string_view value = trimmed(line);
    if (starts_with_folded(key, "to:")) continue;
    if (starts_with_folded(value, "DISCARD") || starts_with_folded(value, "QUARANTINE")) {
      entries.push_back(fmt::format("access map: {} {}", key, value));
    }
  }
}

}  // namespace

SendmailInbound sendmail_inbound(std::string_view text, const FindCopy& find_copy) {
  const SendmailCf cf = parse_sendmail_cf(text);
  SendmailInbound inbound;
  inbound.filters = filters_in(text);
  inbound.header_rules = cf.header_checks;
  std::ranges::move(rulesets_with_rules(cf, is_of_messages), std::back_inserter(inbound.header_rules));
  inbound.access_rules = rulesets_with_rules(cf, is_of_access);
  if (const CfMap* map = cf.map("access")) {
    std::string_view path = map->file;
    if (path.ends_with(".db")) path.remove_suffix(3);
    if (const auto entries = find_copy(path)) add_entries(inbound.access_rules, *entries);
  }
  return inbound;
}

}  // namespace shorthop
