#include "load/host/sendmail_filters.h"

#include <algorithm>

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

bool leads_to_socket(const SendmailFilter& filter, const Endpoint& socket) {
  const auto endpoint = Endpoint::parse(filter.socket);
  return endpoint && reach_same_socket(*endpoint, socket.seen_by_clients());
}

}  // namespace

SendmailFilters sendmail_filters(std::string_view cf) {
  constexpr std::string_view option = "O InputMailFilters=";
  SendmailFilters filters;
  std::uint32_t number = 0;
  for (const std::string_view line : lines_of(cf)) {
    ++number;
    if (line.starts_with('X')) filters.defined.push_back(filter_on(line.substr(1), number));
    if (line.starts_with(option)) {
      filters.order = list_items(line.substr(option.size()));
      filters.line = number;
    }
  }
  return filters;
}

const SendmailFilter* used_filter(const SendmailFilters& filters, const Endpoint& socket) {
  for (const SendmailFilter& filter : filters.defined) {
    const bool is_used = std::ranges::find(filters.order, filter.name) != filters.order.end();
    if (is_used && leads_to_socket(filter, socket)) return &filter;
  }
  return nullptr;
}

std::vector<std::string> filters_beside(const SendmailFilters& filters, const Endpoint& socket) {
  const SendmailFilter* ours = used_filter(filters, socket);
  if (ours == nullptr) return {};
  std::vector<std::string> others = filters.order;
  std::erase(others, ours->name);
  return others;
}

}  // namespace shorthop
