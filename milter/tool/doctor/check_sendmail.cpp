// The doctor on this host's Sendmail, from sendmail.cf: INPUT_MAIL_FILTER as m4 writes it there, and rules for
// recipients.
#include <fmt/format.h>

#include <algorithm>

#include "load/host/sendmail_filters.h"
#include "load/mirror/sendmail_cf.h"
#include "text/ascii.h"
#include "tool/doctor/checks.h"

namespace shorthop::tool {
namespace {

/// cf/README, Local_check_rcpt: the postmaster's own rules for the recipients of clients.
void check_own_rules(const HostFacts& facts, Findings& findings) {
  const SendmailCf cf = parse_sendmail_cf(*facts.sendmail_cf);
  const auto rule = std::ranges::find(cf.rules, "Local_check_rcpt", &CfRule::ruleset);
  if (rule == cf.rules.end()) return;
  findings.add("sendmail-own-rules", {facts.sendmail_cf_path, rule->line}, "Local_check_rcpt has rules",
               "exclude the aliases that lead to recipients which these rules refuse");
}

std::vector<const std::vector<std::string>*> lists_of(const SendmailFilters& filters) {
  std::vector<const std::vector<std::string>*> lists = {&filters.order};
  for (const std::vector<std::string>& list : filters.of_daemons) lists.push_back(&list);
  return lists;
}

}  // namespace

void check_sendmail(const HostFacts& facts, Findings& findings) {
  if (!facts.settings || !facts.sendmail_cf || facts.postfix) return;
  check_own_rules(facts, findings);
  const SendmailFilters filters = sendmail_filters(*facts.sendmail_cf);
  const std::string line = sendmail_filter_line(*facts.settings);
  const SendmailFilter* ours = used_filter(filters, facts.settings->socket);
  if (ours == nullptr) {
    findings.add("sendmail-milter-missing", {facts.sendmail_cf_path, filters.line},
                 "no input mail filter leads to shorthop's socket", fmt::format("write in sendmail.mc: {}", line));
    return;
  }
  report_other_milters(filters_beside(filters, facts.settings->socket), *facts.settings, findings);
  for (const std::vector<std::string>* list : lists_of(filters)) {
    const auto place = std::ranges::find(*list, ours->name);
    if (place == list->end() || place + 1 == list->end()) continue;
    findings.add("sendmail-milter-not-last", {facts.sendmail_cf_path, list == &filters.order ? filters.line : 0},
                 fmt::format("{} is after {}", printable(list->back()), printable(ours->name)),
                 "in sendmail.mc put the INPUT_MAIL_FILTER of shorthop after all others");
  }
  if (ours->flags.contains('R') || ours->flags.contains('T') || ours->flags.contains('4')) {
    findings.add("sendmail-milter-flags", {facts.sendmail_cf_path, ours->line},
                 fmt::format("the filter has F={}", printable(ours->flags)),
                 fmt::format("write in sendmail.mc: {}", line));
  }
}

}  // namespace shorthop::tool
