// The way of mail from the SMTP port through a Postfix: which services of master.cf see it, and with which settings.
// Sources: master(5), FILTER_README, SMTPD_PROXY_README. No I/O.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/master_services.h"
#include "postfix/parameters.h"

namespace shorthop {

/// The smtpd(8) to which a content filter gives the mail back: it decides about recipients again.
struct SecondCheck {
  Parameters values;              ///< what it has instead of main.cf's values
  bool sees_mapped = false;       ///< addresses are mapped before the filter; else it sees those that were received
  bool checks_recipients = true;  ///< it refuses recipients that its tables lack
};

/// The overrides ("-o") of the services on the way, by parameter. Everything else is as in main.cf.
struct MailPath {
  Parameters overrides;      ///< each by the program that the parameter is for
  Parameters smtpd_aliases;  ///< where smtpd(8) has another virtual_alias_maps than cleanup(8) for its own checks
  std::optional<SecondCheck> second_check;  ///< absent: only one smtpd(8) is on the way
  bool forwards_alike = true;  ///< local(8) sends mail on through a cleanup(8) that maps addresses in the same way
};

/// For the one pass through cleanup(8) that maps addresses, before a content filter or behind it. Error (a sentence):
/// there is no such pass or more than one; services for the same mail differ; or an override changes a parameter that
/// several programs must share.
std::expected<MailPath, std::string> mail_path(const Parameters& main_cf, const std::vector<MasterService>& services);

}  // namespace shorthop
