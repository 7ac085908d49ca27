// The text form of a decision, shared by the daemon's log, `shorthop resolve` and the tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "session/decision.h"
#include "session/session.h"
#include "text/json.h"

namespace shorthop {

/// Appends the prefix of every line about a message: its queue ID, or NOQUEUE if the MTA gave none.
void append_queue_id(std::string& out, std::string_view queue_id);

/// Appends several lines: the decision, then each step with its table and line, then each leaf. The recipient is in
/// external form, or as sent if it is not an address. The text contains no '<', so no line can be mistaken for a
/// log_line().
void append_explained(std::string& out, std::string_view recipient, const Decision& decision);
std::string explained(std::string_view recipient, const Decision& decision);

/// One JSON object without a line end, fields as in DESIGN 5.
std::string explained_json(std::string_view recipient, const Decision& decision);
/// Adds the fields of explained_json() to an object.
void add_explained(JsonObject& json, std::string_view recipient, const Decision& decision);

/// The log line of one recipient at the end of its message, without time and level:
/// "QUEUEID: recipient=<...> decision=rewrite reason=all-local to=<...> steps=2 hops_saved=2 size=10240".
/// Hops are credited to one recipient of a message (savings.h). `size=unknown`: the client declared no size. After
/// decision=reject, refused=no says that the recipient was accepted anyway, as in mode observe.
/// Inside <...>, space, '<' and '>' are written as \xHH.
std::string log_line(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size);

/// log_line() as a JSON object.
std::string log_line_json(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size);

/// The log line of a prediction's result; it begins with the queue ID of the message that went to the primary:
/// "QUEUEID: recipient=<...> prediction=refuted reason=all-local to=<...> came_for=<...> returned_as=QUEUEID
/// seconds=3".
std::string prediction_line(const PredictionReport& report);
std::string prediction_line_json(const PredictionReport& report);

}  // namespace shorthop
