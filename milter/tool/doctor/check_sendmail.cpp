// The doctor on Sendmail here, from its sendmail.cf: INPUT_MAIL_FILTER as m4 writes it there, and rules for recipients.
#include <fmt/format.h>

#include <algorithm>

#include "load/mirror/sendmail_cf.h"
#include "settings/setting_values.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"
#include "tool/doctor/checks.h"

namespace shorthop::tool {
namespace {

/// A line "Xname, S=unix:/path, F=T, T=S:10s;R:10s" of sendmail.cf.
struct SendmailFilter {
  std::string name;
  std::string socket;
  std::string flags;
  std::uint32_t line = 0;
};

struct SendmailFilters {
  std::vector<SendmailFilter> defined;
  std::vector<std::string> order;  ///< from InputMailFilters
  std::uint32_t line = 0;
};

SendmailFilter parsed_filter(std::string_view text, std::uint32_t line) {
  SendmailFilter filter;
  filter.line = line;
  while (!text.empty()) {
    const std::string_view part = trimmed(text.substr(0, text.find(',')));
    text.remove_prefix(std::min(text.find(',') == text.npos ? text.size() : text.find(',') + 1, text.size()));
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

SendmailFilters filters_in(std::string_view cf) {
  constexpr std::string_view option = "O InputMailFilters=";
  SendmailFilters filters;
  std::uint32_t number = 0;
  for (const std::string_view line : lines_of(cf)) {
    ++number;
    if (line.starts_with('X')) filters.defined.push_back(parsed_filter(line.substr(1), number));
    if (line.starts_with(option)) {
      filters.order = list_items(line.substr(option.size()));
      filters.line = number;
    }
  }
  return filters;
}

bool leads_to(const SendmailFilter& filter, const Endpoint& socket) {
  const auto endpoint = Endpoint::parse(filter.socket);
  return endpoint && reach_same_socket(*endpoint, socket.seen_by_clients());
}

/// cf/README, Local_check_rcpt: the postmaster's own rules for the recipients of clients.
void check_own_rules(const HostFacts& facts, Findings& findings) {
  const SendmailCf cf = parse_sendmail_cf(*facts.sendmail_cf);
  const auto rule = std::ranges::find(cf.rules, "Local_check_rcpt", &CfRule::ruleset);
  if (rule == cf.rules.end()) return;
  findings.add("sendmail-own-rules", {facts.sendmail_cf_path, rule->line}, "Local_check_rcpt has rules",
               "exclude the aliases that lead to recipients which these rules refuse");
}

}  // namespace

void check_sendmail(const HostFacts& facts, Findings& findings) {
  if (!facts.settings || !facts.sendmail_cf || facts.postfix) return;
  check_own_rules(facts, findings);
  const SendmailFilters filters = filters_in(*facts.sendmail_cf);
  const std::string line = sendmail_filter_line(*facts.settings);
  const auto ours = std::ranges::find_if(
      filters.defined, [&](const SendmailFilter& filter) { return leads_to(filter, facts.settings->socket); });
  const auto place = ours == filters.defined.end() ? filters.order.end() : std::ranges::find(filters.order, ours->name);
  if (place == filters.order.end()) {
    findings.add("sendmail-milter-missing", {facts.sendmail_cf_path, filters.line},
                 "no input mail filter leads to shorthop's socket", fmt::format("write in sendmail.mc: {}", line));
    return;
  }
  if (place + 1 != filters.order.end()) {
    findings.add("sendmail-milter-not-last", {facts.sendmail_cf_path, filters.line},
                 fmt::format("{} is after {}", printable(filters.order.back()), printable(ours->name)),
                 "in sendmail.mc put the INPUT_MAIL_FILTER of shorthop after all others");
  }
  if (ours->flags.contains('R') || ours->flags.contains('T') || ours->flags.contains('4')) {
    findings.add("sendmail-milter-flags", {facts.sendmail_cf_path, ours->line},
                 fmt::format("the filter has F={}", printable(ours->flags)),
                 fmt::format("write in sendmail.mc: {}", line));
  }
}

}  // namespace shorthop::tool
