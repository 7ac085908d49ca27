// Settings in a primary's sendmail.cf that PrimaryRules does not have: those that are not followed, and their tables.
// Source: cf/README of Sendmail; the rulesets that m4 makes from cf/m4/proto.m4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "primary/primary.h"
#include "primary/resolution.h"
#include "tables/table.h"

namespace shorthop {

/// Which addresses and names a setting of Sendmail concerns.
enum class SendmailConcern : std::uint8_t {
  every_address,
  local_address,    ///< its domain is in class w
  plus_detail,      ///< user+detail, unless it is an alias as a whole
  not_whole_alias,  ///< no alias has this name as a whole; user+* or user may be one
  not_alias,        ///< neither the whole name nor user+* nor user is an alias
  not_own_user,     ///< not_alias, and not a name of class L
  not_user,         ///< neither an alias nor a user, nor in class L
  outbound,         ///< an address that leaves the primary
};

/// A setting that is not followed. It keeps the recipients whose chain has an address or name that it concerns.
struct SendmailObstacle {
  SendmailConcern concern = SendmailConcern::every_address;
  LeafKind kind = LeafKind::not_followed;
  std::string why;  ///< a sentence that names the setting
};

/// Empty for a primary without a copy of its sendmail.cf.
struct SendmailRules {
  std::vector<SendmailObstacle> obstacles;
  DomainSet virtual_domains;         ///< VIRTUSER_DOMAIN: not local, but the virtusertable is asked
  bool virtual_subdomains = false;   ///< FEATURE(virtuser_entire_domain): their subdomains too
  DomainSet ldap_domains;            ///< LDAPROUTE_DOMAIN, LDAPROUTE_EQUIVALENT: LDAP is asked first
  DomainSet own_users;               ///< class L, names in lower case: no hub and no relay takes them
  bool checks_users = true;          ///< F=w of the local mailer: only users have mailboxes and .forward files
  std::size_t alias_recursion = 10;  ///< MaxAliasRecursion
  TableList domaintable;             ///< FEATURE(domaintable): replaces domains by others
  TableList mailertable;             ///< FEATURE(mailertable): where mail for a domain is sent
  TableList bcctable;                ///< FEATURE(bcc): where copies of mail for a domain are sent
  TableList access;                  ///< FEATURE(blocklist_recipients): recipients that the access map refuses
};

}  // namespace shorthop
