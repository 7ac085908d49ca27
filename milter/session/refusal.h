// reject-unknown: whether a recipient that the primary does not know may be refused at RCPT. In any doubt it is
// accepted.
#pragma once

#include <chrono>
#include <string>

#include "mail/address.h"
#include "primary/resolution.h"
#include "session/snapshot.h"

namespace shorthop {

/// Why the recipient is accepted although reject-unknown is on; empty: it may be refused. Requires that
/// `resolution` has its leaves and that the relay's data is not stale.
std::string why_not_refused(const Address& recipient, const Resolution& resolution, const Relay& relay,
                            std::chrono::system_clock::time_point now);

/// Whether any relay refuses recipients, so that the MTA has to wait for the answer to RCPT.
bool may_refuse(const Snapshot& snapshot);

}  // namespace shorthop
