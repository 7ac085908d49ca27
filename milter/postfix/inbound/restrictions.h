// The access restrictions of an smtpd(8) (SMTPD_ACCESS_README) as a flat list. Their order of evaluation does not
// matter here. No I/O.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/inbound/inbound_mail.h"
#include "postfix/parameters.h"

namespace shorthop {

/// The parameters with restrictions on mail, in the order in which smtpd(8) evaluates them.
inline constexpr std::array restriction_lists = std::to_array<std::string_view>(
    {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
     "smtpd_recipient_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"});

/// One word of a list of restrictions, and the argument that belongs to it, as written.
struct RestrictionItem {
  std::string word;      ///< a restriction, a class, a table that stands alone, or a list in braces
  std::string argument;  ///< may be in braces; empty: it takes none
};

/// The items of a list of restrictions, such as the value of smtpd_recipient_restrictions (postconf(5)).
std::vector<RestrictionItem> restriction_items(std::string_view value);

struct Restriction {
  std::string name;      ///< "check_policy_service"
  std::string argument;  ///< "inet:127.0.0.1:7777"; empty: it takes none

  /// Whether the restriction asks a table of access(5), as check_client_access does.
  bool is_access_check() const { return name.starts_with("check_") && name.ends_with("_access"); }
  /// Whether it is an access check other than check_recipient_access.
  bool asks_access_table() const { return is_access_check() && name != "check_recipient_access"; }
  std::string text() const { return argument.empty() ? name : name + " " + argument; }
};

/// The restrictions in all smtpd_*_restrictions, then in the classes of smtpd_restriction_classes. Restrictions that
/// only warn (warn_if_reject) are left out.
std::vector<Restriction> restrictions_of(const InboundServer& server);

/// The restriction lists of the server, and its classes.
Parameters restriction_parameters(const InboundServer& server);

}  // namespace shorthop
