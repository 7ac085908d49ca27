// Verdicts of filters that write into the same log: spamd, rspamd, amavis, opendmarc, opendkim, policyd-spf.
#pragma once

#include <optional>

#include "tool/discover/log/mail_event.h"

namespace shorthop::tool {

/// The verdict in a line, if it is a bad one; nullopt: no verdict, or a good one.
std::optional<MailEvent> filter_verdict(const LogLine& line);

}  // namespace shorthop::tool
