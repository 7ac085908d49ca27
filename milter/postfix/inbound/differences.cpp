#include "postfix/inbound/differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "postfix/inbound/measures.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Sides = std::optional<DifferenceSides>;

bool has_key(const Measures& measures, std::string_view key) {
  return std::ranges::find(measures, key, &Measure::key) != measures.end();
}

Measures done_by_any(const InboundMail& mail, MeasuresOf* measures_of) {
  Measures all;
  for (const InboundServer& server : all_servers_of(mail)) {
    for (Measure& measure : measures_of(server)) {
      if (!has_key(all, measure.key)) all.push_back(std::move(measure));
    }
  }
  return all;
}

Measures done_by_each(const InboundMail& mail, MeasuresOf* measures_of) {
  Measures all = done_by_any(mail, measures_of);
  for (const InboundServer& server : servers_of(mail)) {
    const Measures own = measures_of(server);
    std::erase_if(all, [&](const Measure& measure) { return !has_key(own, measure.key); });
  }
  return all;
}

/// The texts, each once; a long list is shortened.
std::string texts_of(const Measures& measures) {
  constexpr std::size_t enough = 6;
  std::vector<std::string> texts;
  for (const Measure& measure : measures) {
    std::string text = printable(measure.text, 160);
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }
  const std::size_t more = texts.size() - std::min(texts.size(), enough);
  texts.resize(texts.size() - more);
  return fmt::format("{}{}", fmt::join(texts, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

/// The measures that `there` finds on the primary and `counts_here` does not find on this host.
template <MeasuresOf* there, MeasuresOf* counts_here = there>
Sides missing_here(const InboundMail& primary, const InboundMail& here) {
  Measures measures = done_by_any(primary, there);
  const Measures ours = done_by_each(here, counts_here);
  std::erase_if(measures, [&](const Measure& measure) { return has_key(ours, measure.key); });
  if (measures.empty()) return std::nullopt;
  const std::string_view no_text = here.unknown.empty() ? "none" : "not known";
  return DifferenceSides{texts_of(measures), ours.empty() ? std::string(no_text) : texts_of(ours)};
}

Sides unknown_there(const InboundMail& primary, const InboundMail& /*here*/) {
  if (primary.unknown.empty()) return std::nullopt;
  return DifferenceSides{primary.unknown, "not compared"};
}

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// postconf(5) message_size_limit: 0 means that there is no limit.
std::uint64_t size_limit(const InboundServer& server) {
  const std::string text = server.value("message_size_limit");
  std::uint64_t limit = 0;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  return limit == 0 ? no_limit : limit;
}

std::string size_text(std::uint64_t limit) {
  return fmt::format("message_size_limit = {}", limit == no_limit ? 0 : limit);
}

/// Compares the smallest limit of the primary with the largest of this host.
Sides smaller_there(const InboundMail& primary, const InboundMail& here) {
  if (!primary.unknown.empty() || !here.unknown.empty()) return std::nullopt;
  std::uint64_t theirs = no_limit;
  std::uint64_t ours = 0;
  for (const InboundServer& server : servers_of(primary)) theirs = std::min(theirs, size_limit(server));
  for (const InboundServer& server : servers_of(here)) ours = std::max(ours, size_limit(server));
  if (theirs >= ours) return std::nullopt;
  return DifferenceSides{size_text(theirs), size_text(ours)};
}

constexpr bool harms = true;
constexpr bool is_noted = false;

constexpr std::array all_differences = {
    DifferenceRow{"content-filter", harms,
                  "the primary's content_filter or smtpd_proxy_filter: mail that skips it is not searched for spam or "
                  "viruses there",
                  "let a filter on this host check the mail", missing_here<content_filters, all_filters>},
    DifferenceRow{
        "milters", harms,
        "the primary's smtpd_milters or INPUT_MAIL_FILTER, other than those for DKIM, DMARC, SPF or greylisting, and "
        "the tables of its smtpd_milter_maps",
        "use the same program on this host, before shorthop", missing_here<filtering_milters, all_filters>},
    DifferenceRow{
        "policy-service", harms,
        "a policy service of the primary (check_policy_service) that filters mail, or whose name does not show "
        "its task: it may refuse senders or recipients",
        "use the same filter on this host, or find out what the service decides",
        missing_here<filtering_policy_services, policy_services>},
    DifferenceRow{
        "sender-rules", harms,
        "the primary restricts who may write to an alias (iRedAPD, listfilter, the internal aliases of mailcow): "
        "mail that skips the primary is delivered no matter who sent it",
        "add the aliases that have such a rule to the setting exclude",
        missing_here<sender_rules, shared_sender_rules>},
    DifferenceRow{"archiving", harms,
                  "the primary keeps copies of mail outside of its BCC tables (a milter or policy service for "
                  "archives, rspamd of mailcow): mail that skips it is not archived there",
                  "archive mail on this host, or add the archived recipients to the setting exclude",
                  missing_here<archives, shared_archives>},
    DifferenceRow{"header-actions", harms,
                  "header and body checks of the primary with BCC, DISCARD, FILTER, HOLD or REDIRECT, or a table of "
                  "checks that is not in the mirror; with Sendmail, rules for header fields, and in check_data, "
                  "check_eoh and check_eom",
                  "write the same checks on this host, or add the table to the mirror",
                  missing_here<header_actions, readable_header_actions>},
    DifferenceRow{
        "access-actions", harms,
        "tables of clients, senders and the like on the primary (check_client_access, check_sender_access) with "
        "BCC, DISCARD, FILTER, HOLD or REDIRECT; with Sendmail, entries of the access map with DISCARD or "
        "QUARANTINE, FEATURE(compat_check) and rules in Local_check_mail, Local_check_rcpt and Local_check_relay; "
        "whoever accepts this also accepts FILTER in a table of this host for mail from the primary",
        "write the same entries on this host", missing_here<access_actions, readable_access_actions>},
    DifferenceRow{"unknown-settings", harms,
                  "the mirror lacks settings of the primary, so shorthop does not know what the primary does to mail",
                  "add the output of postconf, postconf -M and postconf -P on the primary to the mirror",
                  unknown_there},
    DifferenceRow{"routine-checks", is_noted,
                  "greylisting, SPF, DKIM, DMARC, quotas or rate limits by a policy service or milter of the primary",
                  "do the same on this host if it should be equally strict", missing_here<routine_programs>},
    DifferenceRow{"recipient-access", is_noted,
                  "the primary's check_recipient_access; its tables are asked for each recipient, and an action "
                  "that may refuse or redirect its mail keeps it",
                  "leave both hosts as they are", missing_here<recipient_tables, no_measures>},
    DifferenceRow{"access-tables", is_noted, "tables of clients and senders that only the primary asks",
                  "do the same on this host if it should be equally strict", missing_here<access_tables>},
    DifferenceRow{"restrictions", is_noted,
                  "restrictions (reject_..., or reject and defer at the end of a list) that only the primary has",
                  "write them into the same list of this host", missing_here<refusals>},
    DifferenceRow{"header-checks", is_noted,
                  "header and body checks of the primary that refuse mail or change its header",
                  "write the same checks on this host", missing_here<other_header_checks>},
    DifferenceRow{"dnsbl", is_noted, "DNS block lists by which only the primary refuses clients or senders",
                  "ask the same lists on this host, because much spam is sent to the secondary MX",
                  missing_here<dns_lists>},
    DifferenceRow{"postscreen", is_noted, "postscreen(8) in front of the primary's SMTP server",
                  "enable it on this host as well", missing_here<screening>},
    DifferenceRow{"size-limit", is_noted,
                  "message_size_limit of the primary is smaller than message_size_limit of this host",
                  "set message_size_limit as on the primary", smaller_there},
    DifferenceRow{"tls", is_noted, "the primary accepts mail only over TLS",
                  "set smtpd_tls_security_level as on the primary", missing_here<required_tls>},
    DifferenceRow{"bcc", is_noted,
                  "BCC of the primary; the tables are asked for each recipient, and a recipient that is copied is kept",
                  "leave both hosts as they are", missing_here<copies>},
    DifferenceRow{"smarthost", is_noted, "mail that leaves the primary goes through another host first",
                  "make sure that mail to this host need not pass that other host",
                  missing_here<smarthosts, no_measures>},
    DifferenceRow{"srs", is_noted, "the primary rewrites senders (SRS): mail that skips it keeps its own return path",
                  "leave both hosts as they are", missing_here<srs>},
    DifferenceRow{"sender-rewriting", is_noted,
                  "tables of the primary that may rewrite senders: mail that skips it keeps its own return path",
                  "leave both hosts as they are", missing_here<sender_rewriting, no_measures>},
};

}  // namespace

std::span<const DifferenceRow> difference_rows() { return all_differences; }

std::vector<Difference> differences(const InboundMail& primary, const InboundMail& here) {
  std::vector<Difference> found;
  for (const DifferenceRow& row : all_differences) {
    if (auto sides = row.rule(primary, here)) found.push_back({&row, std::move(*sides)});
  }
  return found;
}

bool is_accepted(const Difference& difference, const std::vector<std::string>& accepted) {
  return std::ranges::find(accepted, difference.row->name) != accepted.end();
}

std::string unaccepted_differences(const std::vector<Difference>& differences,
                                   const std::vector<std::string>& accepted) {
  std::string names;
  for (const Difference& difference : differences) {
    if (!difference.row->harms || is_accepted(difference, accepted)) continue;
    if (!names.empty()) names += ", ";
    names += difference.row->name;
  }
  return names;
}

}  // namespace shorthop
