// What this host does to mail because of the host that sends it: smtpd(8) by the tables of check_client_access and
// similar restrictions (access(5)), cleanup(8) by rules for the Received field (header_checks(5)). Mail that comes back
// from a primary gets these actions; a recipient that a milter adds does not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/table_opener.h"
#include "postfix/inbound/inbound_mail.h"
#include "session/snapshot.h"
#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

struct ClientTable {
  std::shared_ptr<const Table> table;
  bool asks_addresses = true;  ///< false: it is asked about HELO names only
  /// Whether REJECT and the like in this table refuse the client. False: the keys are hosts in DNS records of the
  /// client; these records are not looked up here.
  bool may_refuse = true;
};
struct ClientTables {
  std::vector<ClientTable> access;         ///< asked about the client or its HELO name
  std::vector<ClientTable> header_checks;  ///< asked about each header field
};

/// Live tables (mysql:) are left out, because they are not asked at load.
ClientTables client_tables(const InboundMail& mail, TableOpener& opener, Diagnostics& warnings);

/// The first action that moves the mail of a host with these names and addresses (CheckRule::moves_mail) or refuses it,
/// as a text for a decision. A table that cannot be asked counts as an action too. Empty: no action. An action
/// that every host gets does not count, because the mail gets it already when it first arrives. `accepts_filter`:
/// FILTER does not count.
std::string client_action(const ClientTables& tables, const std::vector<std::string>& names,
                          const std::vector<std::string>& addresses, bool accepts_filter = false);

/// Sets Relay::client_action, and Relay::skips_client_filter by the value of accept-difference.
void set_client_action(Relay& relay, const ClientTables& tables, const std::vector<std::string>& accepted);

/// Warns of an action that client_action() found. `file`: the settings of the relay.
void report_client_action(const std::string& action, const std::string& file, Diagnostics& warnings);

}  // namespace shorthop
