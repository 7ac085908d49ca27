// What the log says about a message: a line a recipient, and at level debug each recipient's whole chain.
#pragma once

#include <string_view>

#include "daemon/log.h"
#include "session/session.h"

namespace shorthop {

/// `queue_id` as the MTA gave it; empty where it did not.
void log_message(Log& log, std::string_view queue_id, const Outcome& outcome);

}  // namespace shorthop
