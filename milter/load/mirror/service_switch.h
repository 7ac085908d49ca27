// Where a Sendmail primary looks for aliases besides the files of AliasFile: its service switch. Source: Sendmail
// Installation and Operation Guide, ServiceSwitchFile; sendmail/conf.c, switch_map_find.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/sendmail_cf.h"
#include "system/file_reader.h"

namespace shorthop {

/// Finds the copy of a file of the primary, such as local-host-names, by its path in the sendmail.cf.
using FindCopy = std::function<std::expected<std::string, ReadFailure>(std::string_view path)>;

/// The words that a service switch file has for this service: "aliases nis files" has "nis" and "files".
std::vector<std::string> switch_words(std::string_view text, std::string_view service);

/// Why other sources than AliasFile may have aliases; empty: there are none. If the copy of the usual file is missing,
/// the primary is assumed to have no such file: not every mirror has a copy, and few hosts change the file.
std::string other_alias_source(const SendmailCf& cf, const FindCopy& find_copy);

}  // namespace shorthop
