// Whether a primary's sendmail.cf chooses where mail goes by the rules and mailers that m4 makes. No I/O. Source:
// ruleset Parse1 in cf/m4/proto.m4 of Sendmail 8.12 to 8.18.
#pragma once

#include <vector>

#include "load/mirror/sendmail_cf.h"
#include "primary/sendmail/sendmail_rules.h"

namespace shorthop {

/// Other rules: LOCAL_NET_CONFIG, LOCAL_UUCP, MAILER(usenet), FEATURE(prefixmod), and what was written into sendmail.cf
/// by hand. Such rules may send mail anywhere. So may a mailer for other hosts that is not SMTP to their best MX.
std::vector<SendmailObstacle> obstacles_on_routes(const SendmailCf& cf);

}  // namespace shorthop
