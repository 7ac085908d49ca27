// How this host's Sendmail expands an address. Its sendmail.cf and tables are read by the code for a primary. Not here:
// .forward files, which the daemon usually cannot see.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "load/table_opener.h"
#include "primary/primary.h"
#include "primary/resolution.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

inline constexpr const char* own_sendmail_cf = "/etc/mail/sendmail.cf";

/// This host, described like a primary of the profile sendmail; nullopt: it has no sendmail.cf. The domains of
/// local-domains count as local. `recipients`: local-recipients, which has the users. If the cf or a table cannot be
/// read, look-ups fail, and there is a warning.
std::optional<Primary> local_sendmail(const std::vector<std::string>& local_domains, const TableList& recipients,
                                      const FileReader& files, TableOpener& opener, Diagnostics& warnings);

/// Why Sendmail might not deliver all mail for the address to mailboxes, commands and files of this host; nullopt: no
/// reason is known.
std::optional<Leaf> sendmail_obstacle(const Primary& host, const Address& mailbox, Deadline deadline);

/// Whether Sendmail's aliases or its virtusertable may turn the mailbox into anything else. Sendmail delivers
/// one copy if several recipients lead to the same mailbox.
bool has_alias_here(const Primary& host, const Address& mailbox, Deadline deadline);

/// Whether Sendmail may send mail for the address on under another address.
bool sends_elsewhere(const Primary& host, const Address& address, Deadline deadline);

}  // namespace shorthop
