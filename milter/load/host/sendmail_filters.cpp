#include "load/host/sendmail_filters.h"

#include <algorithm>
#include <utility>

#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

SendmailFilter filter_on(std::string_view text, std::uint32_t line) {
  SendmailFilter filter;
  filter.line = line;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (part.starts_with("S=")) {
      filter.socket = part.substr(2);
    } else if (part.starts_with("F=")) {
      filter.flags = part.substr(2);
    } else if (filter.name.empty()) {
      filter.name = part;
    }
  }
  return filter;
}

/// Names are separated by ',', or by ';' in DaemonPortOptions.
std::vector<std::string> names_in(std::string_view list) {
  std::string text(list);
  std::ranges::replace(text, ';', ',');
  return list_items(text);
}

/// The value of InputMailFilters in a value of DaemonPortOptions; empty: it has none. Only the first letter of a key
/// counts, in either case (Sendmail Installation and Operation Guide, DaemonPortOptions).
std::string_view filters_of_daemon(std::string_view options) {
  while (!options.empty()) {
    const std::size_t comma = std::min(options.find(','), options.size());
    const std::string_view item = trimmed(options.substr(0, comma));
    options.remove_prefix(std::min(comma + 1, options.size()));
    if (starts_with_folded(item, "i") && item.contains('=')) return item.substr(item.find('=') + 1);
  }
  return {};
}

bool has_name(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

bool leads_to_socket(const SendmailFilter& filter, const Endpoint& socket) {
  const auto endpoint = Endpoint::parse(filter.socket);
  return endpoint && reach_same_socket(*endpoint, socket.seen_by_clients());
}

}  // namespace

SendmailFilters sendmail_filters(std::string_view cf) {
  constexpr std::string_view option = "O InputMailFilters=";
  constexpr std::string_view daemon_option = "O DaemonPortOptions=";
  SendmailFilters filters;
  std::uint32_t number = 0;
  for (const std::string_view line : lines_of(cf)) {
    ++number;
    if (line.starts_with('X')) filters.defined.push_back(filter_on(line.substr(1), number));
    if (line.starts_with(option)) {
      filters.order = names_in(line.substr(option.size()));
      filters.line = number;
    }
    if (!line.starts_with(daemon_option)) continue;
    if (auto names = names_in(filters_of_daemon(line.substr(daemon_option.size()))); !names.empty()) {
      filters.of_daemons.push_back(std::move(names));
    }
  }
  return filters;
}

const SendmailFilter* used_filter(const SendmailFilters& filters, const Endpoint& socket) {
  for (const SendmailFilter& filter : filters.defined) {
    const bool is_used = has_name(filters.order, filter.name) ||
                         std::ranges::any_of(filters.of_daemons, [&](const std::vector<std::string>& list) {
                           return has_name(list, filter.name);
                         });
    if (is_used && leads_to_socket(filter, socket)) return &filter;
  }
  return nullptr;
}

std::vector<std::string> filters_beside(const SendmailFilters& filters, const Endpoint& socket) {
  const SendmailFilter* ours = used_filter(filters, socket);
  if (ours == nullptr) return {};
  std::vector<std::string> others;
  const auto add_from = [&](const std::vector<std::string>& list) {
    if (!has_name(list, ours->name)) return;
    for (const std::string& name : list) {
      if (name != ours->name && !has_name(others, name)) others.push_back(name);
    }
  };
  add_from(filters.order);
  for (const std::vector<std::string>& list : filters.of_daemons) add_from(list);
  return others;
}

}  // namespace shorthop
