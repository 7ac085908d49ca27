// The hosts of a relay: its primary, and next hops to it. They are compared with a client and with the MTA's next hop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "session/snapshot.h"

namespace shorthop {

/// host_key() of the host. An IP address gets the form of inet_ntop(3), and an IPv4-mapped one becomes IPv4.
std::string canonical_host(std::string_view host);

/// Whether the client is the primary of the relay.
bool is_primary(std::string_view client_address, std::string_view client_name, const Relay& relay);

/// Whether the MTA might route to a host other than the primary, or to a port of the primary other than the SMTP port:
/// only the services of the SMTP port are followed. Also false if the next hop cannot be compared with the primary,
/// because one of them is known by names only and the other by addresses only.
bool leads_elsewhere(std::string_view next_hop, const Relay& relay, const Snapshot& snapshot);

/// The next hop as a message names it. If it is a domain whose best MX is another host than the primary, that host is
/// named too.
std::string described(std::string_view next_hop, const Relay& relay);

/// Whether the decision needs an address of the primary that is not known, to compare it with the client or with the
/// next hop.
bool lacks_addresses(std::string_view client_address, std::string_view next_hop, const Relay& relay);

/// Whether the MTA's next hop ({rcpt_host}) is the primary of a relay.
bool leads_to_primary(std::string_view next_hop, const Snapshot& snapshot);

/// Whether the MTA relays through this transport ({rcpt_mailer}).
bool is_relay_transport(std::string_view mailer, const Snapshot& snapshot);

/// Whether this host would send the address to the primary of the relay. Also false if the sender may decide, and for
/// an address in relocated_maps. nullopt if this host's MTA is not Postfix: its routes are not known.
std::optional<bool> is_sent_to_primary(const Address& address, const Relay& relay, const Snapshot& snapshot,
                                       Deadline deadline);

/// Whether the client is a host of the relay: its primary, or one of next-hops.
bool is_host_of(std::string_view client_address, std::string_view client_name, const Relay& relay);

/// Whether two relays may have the same primary. A message for both may then go there in one transaction. Also true if
/// this is not known.
bool have_same_primary(const Relay& one, const Relay& other);

}  // namespace shorthop
