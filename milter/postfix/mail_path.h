// The services of master.cf that mail passes from the SMTP port through a Postfix, and their settings.
// Sources: master(5), FILTER_README, SMTPD_PROXY_README. No I/O.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/master_services.h"
#include "postfix/parameters.h"

namespace shorthop {

/// The smtpd(8) to which a content filter returns the mail: it decides about recipients again.
struct SecondCheck {
  Parameters values;              ///< its values where they differ from main.cf's
  bool checks_recipients = true;  ///< it refuses recipients that its tables lack
};

/// A content filter (content_filter), or the filter of a rule with FILTER, between two passes through cleanup(8).
struct FilterPass {
  bool sees_mapped = false;       ///< addresses are mapped before the filter
  bool maps_again = false;        ///< the cleanup(8) before the filter also maps addresses behind it
  bool is_command = false;        ///< pipe(8) runs it; an address in its arguments has no quotes
  std::string generic_maps = {};  ///< smtp_generic_maps or lmtp_generic_maps of the transport to the filter
};

/// The overrides ("-o") of the services on the path, by parameter. Everything else is as in main.cf.
struct MailPath {
  Parameters overrides;              ///< each from the program that reads the parameter
  Parameters smtpd_aliases;          ///< virtual_alias_maps of smtpd(8) for its own checks; empty: as in cleanup(8)
  std::optional<FilterPass> filter;  ///< absent: there is neither a content filter nor a rule with FILTER
  std::optional<SecondCheck> second_check;  ///< absent: mail passes only one smtpd(8)
  bool checks_recipients = true;            ///< smtpd(8) of the SMTP port refuses recipients that its tables lack
  bool takes_utf8 = true;                   ///< no smtpd(8) refuses SMTPUTF8
  bool refuses_shared_bounces = false;      ///< an smtpd(8) has reject_multi_recipient_bounce
  bool has_own_canonical = false;           ///< that smtpd(8) has other canonical maps than cleanup(8)
  /// Domains (folded) in which smtpd(8) and local(8) might know different users. The reason is an smtpd(8) with its own
  /// myhostname.
  std::set<std::string, std::less<>> smtpd_doubts;
  /// The names of all transports that send mail as the transport smtp does: by smtp(8) with the same settings.
  std::set<std::string, std::less<>> smtp_transports;
  bool forwards_alike = true;  ///< local(8) sends mail on through a cleanup(8) that maps addresses in the same way
};

/// Why the path is not followed, and what the postmaster of the primary can do.
struct PathProblem {
  std::string what;
  std::string fix;
};

/// The path with the cleanup(8) service that maps addresses: before a content filter, behind it, or both. There is a
/// problem in three cases: no service maps addresses, or two do; services for the same mail decide differently about
/// recipients, or have different content filters; an override changes a parameter that several programs must share.
/// `filters_by_rule`: a rule of header_checks(5) or access(5) may have the action FILTER, which passes mail to a filter
/// as content_filter does.
std::expected<MailPath, PathProblem> mail_path(const Parameters& main_cf, const std::vector<MasterService>& services,
                                               bool filters_by_rule = false);

}  // namespace shorthop
