// The keys looked up for an address, and their order: virtual(5), "TABLE SEARCH ORDER", and local(8).
// No I/O: tables are used through the Table interface only.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "tables/table.h"

namespace shorthop {

/// A local part split at the first delimiter: "user", "+ext" (with its delimiter; empty if there is none).
struct SplitLocalPart {
  std::string_view user;
  std::string_view extension;
};

/// Splits like Postfix (postconf(5) recipient_delimiter, a set of characters). These are not split: postmaster,
/// mailer-daemon and double-bounce; a local part that starts with a delimiter; and, if '-' is in the set, owner-NAME
/// and NAME-request (aliases(5), owner_request_special).
SplitLocalPart split_local_part(std::string_view local_part, std::string_view delimiters, bool owner_request_special);

/// Properties of the host that owns the table.
struct SearchRules {
  std::string delimiters;  ///< recipient_delimiter
  bool owner_request_special = true;
  /// Whether keys without a domain apply: the domain (folded) is $myorigin or in $mydestination. If this is not known,
  /// such keys are looked up too: the search fails if one of them has an entry, and otherwise goes on.
  std::function<std::expected<bool, LookupFailure>(std::string_view domain, Deadline deadline)> is_local;
};

/// The entry found, and the extension that its key did not contain ("+ext"; empty: none, or part of the key).
struct Match {
  Found found;
  std::string unmatched_extension;
  bool is_unquoted = false;  ///< the key had none of the quotes that the address needs
};

/// Looks up user+ext@domain, user@domain, user+ext and user (for a local domain), @domain: virtual(5). Each key is
/// tried in external form, then unquoted if different. All but the first are partial keys. smtpd(8) and
/// trivial-rewrite(8) search in both forms, cleanup(8) in one: quoted since Postfix 3.2, unquoted before
/// (global/mail_addr_map.c).
std::expected<std::optional<Match>, LookupFailure> search_address(const TableList& tables, const Address& address,
                                                                  const SearchRules& rules, Deadline deadline);

/// Whether at least one of the keys of search_address() has an entry. LetterCase::lower: the test of smtpd(8) for a
/// recipient (postconf(5) local_recipient_maps).
std::expected<bool, LookupFailure> knows_address(const TableList& tables, const Address& address,
                                                 LetterCase letter_case, const SearchRules& rules, Deadline deadline);

}  // namespace shorthop
