// Where a Sendmail primary looks for aliases besides the files of AliasFile: its service switch. Source: Sendmail
// Installation and Operation Guide, ServiceSwitchFile; sendmail/conf.c, switch_map_find.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/sendmail_cf.h"

namespace shorthop {

/// The words that a service switch file has for this service: "aliases nis files" has "nis" and "files".
std::vector<std::string> switch_words(std::string_view text, std::string_view service);

/// Why other sources than AliasFile may have aliases; empty: there are none. A missing copy of the usual file means that
/// the primary has none: not every mirror has it, and few hosts change it.
std::string other_alias_source(const SendmailCf& cf,
                               const std::function<std::optional<std::string>(std::string_view path)>& find_copy);

}  // namespace shorthop
