#include "load/local_postfix.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "load/read_match_list.h"
#include "mail/international.h"
#include "postfix/access_tables.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// Opens what the parameters of this host name.
class LocalPostfixReader {
 public:
  LocalPostfixReader(const Parameters& parameters, const FileReader& files, TableOpener& opener, Diagnostics& warnings)
      : parameters_(parameters), files_(files), opener_(opener), warnings_(warnings) {}

  LocalPostfix read() {
    postfix_.myorigin = origin();
    postfix_.delimiters = value("recipient_delimiter");
    postfix_.owner_request_special = value("owner_request_special") != "no";
    read_recipients();
    read_rewriting();
    read_routes();
    return std::move(postfix_);
  }

 private:
  void read_recipients() {
    postfix_.mydestination = list("mydestination");
    postfix_.virtual_alias_domains = list("virtual_alias_domains");
    postfix_.virtual_mailbox_domains = list("virtual_mailbox_domains");
    postfix_.local_recipients = tables("local_recipient_maps");
    postfix_.virtual_mailboxes = tables("virtual_mailbox_maps");
    postfix_.virtual_aliases = tables("virtual_alias_maps");
    postfix_.aliases = tables("alias_maps");
    postfix_.recipient_access =
        opener_.open_or_fail("check_recipient_access", recipient_access_tables(parameters_), warnings_);
  }

  void read_rewriting() {
    postfix_.canonical = tables("canonical_maps");
    postfix_.recipient_canonical = tables("recipient_canonical_maps");
    postfix_.sender_canonical = tables("sender_canonical_maps");
    postfix_.generic = tables("smtp_generic_maps");
    postfix_.masquerade_domains = masquerade_domains_in(value("masquerade_domains"));
    postfix_.recipient_bcc = tables("recipient_bcc_maps");
  }

  void read_routes() {
    postfix_.transport = tables("transport_maps");
    const std::vector<std::string> with_parents = list_items(value("parent_domain_matches_subdomains"));
    postfix_.has_bare_transport_parents = std::ranges::find(with_parents, "transport_maps") != with_parents.end();
    postfix_.relocated = tables("relocated_maps");
  }

  std::string value(std::string_view name) {
    postfix_.read.emplace(name);
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? std::string() : found->second;
  }

  /// Debian's Postfix reads myorigin from a file if it is a path.
  std::string origin() {
    const std::string origin = value("myorigin");
    return folded_utf8(origin.starts_with('/') ? first_line_in(files_, origin) : origin);
  }

  MatchList list(std::string_view name) { return list_of_this_host(name, value(name), files_, opener_, warnings_); }
  TableList tables(std::string_view name) { return opener_.open_or_fail(name, list_items(value(name)), warnings_); }

  const Parameters& parameters_;
  const FileReader& files_;
  TableOpener& opener_;
  Diagnostics& warnings_;
  LocalPostfix postfix_;
};

}  // namespace

MatchList list_of_this_host(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
                            Diagnostics& warnings) {
  const auto open = [&](const std::string& table) {
    return opener.open_or_fail(name, {table}, warnings).tables().front();
  };
  const auto report = [&](const std::string& file, const std::string& why) {
    warnings.push_back({{file, 0},
                        fmt::format("this host's {}: {}", name, why),
                        "until it can be read, recipients are kept",
                        Severity::warning,
                        ErrorClass::missing,
                        Subject::tables_of_this_host});
  };
  return read_match_list(name, text, {files, open, FailureKind::unavailable, report});
}

LocalPostfix local_postfix(const Parameters& parameters, const FileReader& files, TableOpener& opener,
                           Diagnostics& warnings) {
  return LocalPostfixReader(parameters, files, opener, warnings).read();
}

}  // namespace shorthop
