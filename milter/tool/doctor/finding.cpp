#include "tool/doctor/finding.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

namespace shorthop::tool {
namespace {

using enum Severity;
using enum ErrorClass;

constexpr std::array rows = {
    // Diagnostics of the loader, with their own severity.
    FindingRow{"setting", error, settings,
               "with an error in its settings, the daemon refuses to start or to reload; with a warning, it runs"},
    FindingRow{"table", error, data, "the faulty part is not used; recipients that depend on it are kept"},
    FindingRow{"file", error, missing, "recipients that depend on the file are kept"},
    FindingRow{"not-asked", error, temporary, "recipients that depend on the answer are kept"},

    FindingRow{"slow-table", warning, temporary, "each message that needs the table waits that long"},

    FindingRow{"primary-postconf", error, data,
               "the primary's domains and rules are taken from this file; if a part is missing or not understood, "
               "recipients are kept"},

    FindingRow{"mirror", warning, missing,
               "a missing or unreadable part of the mirror may decide about some recipients, so these are kept"},

    FindingRow{"mirror-of-this-host", warning, data,
               "the settings and tables of this host say nothing about the primary, whose aliases may lead elsewhere"},

    FindingRow{"copy-incomplete", error, temporary,
               "a running daemon goes on with its old data; one that was started after the copy began has no data, and "
               "keeps the recipients"},

    FindingRow{
        "copies-differ", warning, data,
        "if a copy is not of a table in the primary's list, or a table has no copy, recipients that may be in it "
        "are kept"},

    FindingRow{"host-table", warning, settings,
               "this table does not show who has a mailbox here, so recipients are kept"},

    FindingRow{"no-relay", warning, settings, "without a file in relay.d, every recipient is kept"},
    FindingRow{"relay-file-ignored", warning, settings,
               "only files whose name ends in .conf are read: mail for the domains in this file is relayed as without "
               "shorthop"},
    FindingRow{"no-tables", warning, settings, "without the primary's tables no alias is known, so nothing is saved"},
    FindingRow{"empty-table", warning, data, "an empty table usually means that the copy failed"},
    FindingRow{"data-held-back", error, data,
               "data that is truncated, or has lost many entries, is not acted on: its recipients are kept"},
    FindingRow{"stale-data", warning, data, "data older than max-age is not acted on: its recipients are kept"},
    FindingRow{"pull-failed", warning, temporary,
               "changes on the primary do not reach this host; after max-age its recipients are kept"},
    FindingRow{"never-pulled", note, data, "until shorthop-pull@NAME.timer has pulled once, the mirror is not renewed"},
    FindingRow{
        "daemon-silent", warning, temporary,
        "if shorthopd hangs, each message waits for the MTA's milter timeouts; then it is relayed as without shorthop"},
    FindingRow{"control-socket-gone", warning, temporary,
               "shorthop status, reload and check cannot ask the daemon; which settings and data it uses is not known"},
    FindingRow{"other-settings", warning, settings, "the running daemon decides by other settings than this command"},
    FindingRow{"other-generation", warning, temporary, "the running daemon uses other data than this command"},
    FindingRow{"data-in-future", warning, data,
               "a time in the future is ignored; if no other file has a plausible time, the age of the data is not "
               "known, and its recipients are kept"},
    FindingRow{"no-max-age", note, settings, "if nothing renews the copies, shorthop keeps using old aliases"},
    FindingRow{"no-primary-postconf", warning, settings,
               "without it, shorthop knows neither the class of a domain at the primary nor the primary's canonical "
               "and BCC maps"},
    FindingRow{"prediction-refuted", warning, data,
               "the data differs from what the primary does; these recipients are kept until the data changes"},
    FindingRow{"ready-to-rewrite", note, settings, "mail came back as predicted, so replacing recipients is safe"},
    FindingRow{"mode-observe", note, settings, "decisions are logged and counted, and no recipient is replaced"},
    FindingRow{
        "primary-difference", error, settings,
        "mail whose recipient is replaced skips the primary, so no recipient of this relay is replaced until each such "
        "difference is accepted"},
    FindingRow{"accepted-difference", note, settings,
               "if the difference appeared again, it would be accepted without being noticed"},
    FindingRow{"unreadable-for-daemon", error, settings,
               "the daemon cannot read it: recipients that may be in it are kept"},
    FindingRow{
        "state-directory", warning, settings,
        "counts, predictions and refuted recipients do not survive a restart, and shorthop resolve does not know "
        "which recipients are refuted"},

    FindingRow{"socket-missing", warning, missing, "the MTA cannot reach shorthopd: mail is relayed as without it"},
    FindingRow{"socket-dead", warning, temporary, "the MTA cannot reach shorthopd: mail is relayed as without it"},
    FindingRow{"socket-no-socket", error, settings, "shorthopd cannot listen there"},
    FindingRow{"socket-directory-missing", warning, missing,
               "shorthopd cannot listen there: mail is relayed as without it"},
    FindingRow{"socket-directory", error, settings,
               "Postfix cannot reach the socket: mail is relayed as without shorthop, or deferred"},
    FindingRow{"socket-mode", error, settings,
               "Postfix cannot connect: mail is relayed as without shorthop, or deferred"},
    FindingRow{"socket-open", warning, settings, "anybody who connects can find out the aliases of the primary"},
    FindingRow{"socket-chroot", error, settings, "a chrooted smtpd sees only what is below its queue directory"},
    FindingRow{"not-seen", note, settings, "this user has no permission to see it, so it was not checked"},

    FindingRow{"mta-absent", note, settings, "whether and how the MTA asks shorthop was not checked"},
    FindingRow{"mta-not-asked", warning, temporary, "what Postfix does with this milter was not checked"},
    FindingRow{"milter-missing", warning, settings, "Postfix does not ask shorthop: nothing is observed or saved"},
    FindingRow{"milter-list-syntax", error, settings, "an smtpd(8) with this list ends at once, and accepts no mail"},
    FindingRow{
        "milter-not-last", error, settings,
        "a later milter may refuse a recipient that shorthop has already replaced: the replacement would still be "
        "delivered"},
    FindingRow{"milter-twice", warning, settings, "each message is decided twice"},
    FindingRow{"milter-default-action", error, settings, "mail is refused or deferred whenever shorthopd does not run"},
    FindingRow{"milter-old-postfix", error, settings, "Postfix before 3.0 has no settings for a single milter"},
    FindingRow{"milter-protocol", note, settings,
               "recipients are replaced in the same way; each message costs some more packets than with protocol 6"},
    FindingRow{"milter-protocol-unknown", error, settings,
               "with an unknown protocol Postfix asks no milter: mail is relayed as without shorthop, or deferred"},
    FindingRow{"milter-macros", warning, settings, "shorthop cannot see where Postfix would send a recipient"},
    FindingRow{"other-milters", error, settings,
               "shorthop and a milter that adds or deletes recipients would undo each other's changes, so no recipient "
               "is replaced until this is set"},
    FindingRow{"milter-maps", warning, settings,
               "for some clients, another list of milters is used in place of smtpd_milters"},
    FindingRow{"milter-maps-disable", note, settings, "for these clients no milter is asked"},
    FindingRow{"proxy-filter", error, settings, "milters see the envelope but cannot change it"},
    FindingRow{"no-milters", warning, settings, "Postfix asks no milter there"},
    FindingRow{"no-address-mappings", warning, settings,
               "Postfix looks up an added recipient in no alias table of this host"},
    FindingRow{"mapped-here", note, settings, "this host rewrites the address itself, so shorthop keeps it"},
    FindingRow{"not-relayed", warning, settings,
               "Postfix does not relay the domain, so its recipients are refused, or shorthop never sees them"},
    FindingRow{"relayed-as-backup", note, settings,
               "the domain is relayed for as long as the DNS answers and names this host as a backup MX"},
    FindingRow{"no-settings-for-domain", note, settings, "mail for the domain is relayed, and shorthop ignores it"},
    FindingRow{
        "no-relay-recipients", warning, settings,
        "this host accepts mail for addresses that the primary will refuse, and sends bounces to forged senders"},
    FindingRow{"unverified-recipient", note, settings,
               "a secondary MX is needed while the primary does not answer, but this host then refuses or defers mail "
               "for every recipient that it has not verified before"},
    FindingRow{
        "route-elsewhere", warning, settings,
        "a recipient is kept if Postfix would send it to a host or port other than the SMTP port of the primary"},
    FindingRow{"route-not-relay", warning, settings, "a recipient that Postfix would not relay is kept"},
    FindingRow{"sendmail-milter-missing", warning, settings, "Sendmail does not ask shorthop"},
    FindingRow{"sendmail-milter-not-last", error, settings,
               "a later filter may refuse a recipient that shorthop has already replaced"},
    FindingRow{"sendmail-milter-flags", error, settings, "mail is refused or deferred whenever shorthopd does not run"},
    FindingRow{
        "sendmail-own-rules", warning, settings,
        "Sendmail applies these rules to mail that comes back for a mailbox here, but not to an added recipient"},

    FindingRow{"dns-not-checked", note, temporary, "not an error: the DNS did not answer; try again later"},
    FindingRow{"mx-missing", warning, settings, "other hosts send mail for the domain to its address, never here"},
    FindingRow{"mx-not-listed", warning, settings,
               "this host is not an MX of the domain, so it normally receives no mail for the domain"},
    FindingRow{"mx-no-primary", warning, settings, "this host is the best MX, so it is not a secondary"},
    FindingRow{"mx-primary-differs", note, settings,
               "this host sends mail for the domain to another host than the primary, so its recipients are kept"},
    FindingRow{"mx-elsewhere", warning, settings,
               "the primary would not send mail for the domain to this host, so recipients that lead there are kept"},
    FindingRow{"primary-unknown", warning, settings,
               "mail from the primary cannot be distinguished from other mail; recipients are kept"},
    FindingRow{"primary-is-here", error, settings, "all recipients of mail that this host itself sends would be kept"},

    FindingRow{"alias-local-unknown", warning, data, "mail that reaches the alias bounces on this host"},
    FindingRow{"alias-typo", warning, data, "mail that reaches the alias goes to a domain that does not exist"},
    FindingRow{"alias-loop", warning, data, "mail that reaches the alias bounces on the primary"},
    FindingRow{"alias-dangling", warning, data, "mail that reaches the alias bounces on the primary"},
    FindingRow{"bcc-kept", warning, settings,
               "no host would make this copy for a recipient that shorthop adds, so the recipient is kept"},
    FindingRow{"alias-not-mirrored", warning, missing,
               "the primary has something that is not on this host, and it may decide about these aliases"},
    FindingRow{"alias-not-proven", warning, temporary, "as long as the look-up fails, the recipient is kept"},
    FindingRow{"key-never-asked", warning, data,
               "no mail address is ever looked up by this key, so the entry has no effect"},
    FindingRow{"not-surveyed", note, data, "aliases that were not followed are neither checked nor counted"},
    FindingRow{"nothing-saved", note, data, "every alias is kept, so no message takes a shorter way"},
    FindingRow{"savings", note, data, "each message to an alias that ends here saves two hops between the hosts"},
};

const FindingRow& row_of(std::string_view code) {
  const auto row = std::ranges::find(rows, code, &FindingRow::code);
  if (row == rows.end()) throw std::logic_error("no such finding: " + std::string(code));
  return *row;
}

std::string_view code_of(ErrorClass error_class) {
  switch (error_class) {
    case data: return "table";
    case missing: return "file";
    case temporary: return "not-asked";
    case settings: return "setting";
  }
  return {};
}

}  // namespace

std::span<const FindingRow> finding_rows() { return rows; }

void Findings::add(std::string_view code, Origin origin, std::string what, std::string fix) {
  add(code, row_of(code).severity, std::move(origin), std::move(what), std::move(fix));
}

void Findings::add(std::string_view code, Severity severity, Origin origin, std::string what, std::string fix) {
  const FindingRow& row = row_of(code);
  findings_.push_back(
      {severity, row.error_class, row.code, std::move(origin), std::move(what), row.why, std::move(fix)});
}

void Findings::add(const Diagnostic& diagnostic, std::string_view code) {
  const bool is_of_host = diagnostic.subject == Subject::tables_of_this_host;
  if (code.empty()) code = is_of_host ? "host-table" : code_of(diagnostic.error_class);
  const FindingRow& row = row_of(code);
  findings_.push_back({diagnostic.severity, diagnostic.error_class, row.code, diagnostic.origin, diagnostic.what,
                       row.why, diagnostic.fix});
}

std::size_t Findings::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(findings_, severity, &Finding::severity));
}

// Not std::ranges::stable_sort: clang-19 reports a function that libstdc++ 12 calls there as deprecated.
void Findings::sort() {
  std::vector<Finding> sorted;
  sorted.reserve(findings_.size());
  for (const Severity severity : {error, warning, note}) {
    for (Finding& finding : findings_) {
      if (finding.severity == severity) sorted.push_back(std::move(finding));
    }
  }
  findings_ = std::move(sorted);
}

int exit_status(const std::vector<Finding>& findings, bool strict) {
  Diagnostics errors;
  for (const Finding& finding : findings) {
    if (finding.severity == error) errors.push_back({{}, {}, {}, Severity::error, finding.error_class});
  }
  const int status = shorthop::exit_status(errors);
  if (status != EX_OK || !strict) return status;
  const bool has_warning = std::ranges::find(findings, warning, &Finding::severity) != findings.end();
  return has_warning ? status_of_warnings : EX_OK;
}

}  // namespace shorthop::tool
