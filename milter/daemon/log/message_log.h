// Logs a message: one line per recipient, and at level debug each recipient's whole chain.
#pragma once

#include <string_view>

#include "daemon/log/log.h"
#include "session/predictions.h"
#include "session/session.h"

namespace shorthop {

/// `queue_id` is the MTA's; empty if it gave none.
void log_message(Log& log, std::string_view queue_id, const Outcome& outcome);

/// Logs a recipient that was refused at RCPT. The MTA may have given no queue ID yet.
void log_refusal(Log& log, std::string_view queue_id, const RecipientReport& report);

/// Logs the result of a prediction: a warning if it was refuted.
void log_prediction(Log& log, const PredictionReport& report);

}  // namespace shorthop
