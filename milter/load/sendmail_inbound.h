// What a Sendmail does to mail from other hosts, from the text of its sendmail.cf: its filters, and rules that may
// refuse or discard mail. No I/O except through FindCopy. Source: cf/README; Sendmail Installation and Operation Guide.
#pragma once

#include <string_view>

#include "load/mirror/service_switch.h"
#include "postfix/inbound/inbound_mail.h"

namespace shorthop {

/// `find_copy` finds the text of the access map.
SendmailInbound sendmail_inbound(std::string_view cf, const FindCopy& find_copy);

}  // namespace shorthop
