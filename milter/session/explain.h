// The one text form of a decision: the daemon's log, `shorthop resolve` and the tests print what stands here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "session/decision.h"
#include "session/session.h"

namespace shorthop {

/// What every line about a message begins with: its queue ID, or NOQUEUE where the MTA did not say it.
void append_queue_id(std::string& out, std::string_view queue_id);

/// Several lines for a person: the decision, then each step with its table and line, then each leaf. The recipient is in
/// external form, or what was sent if it is no address. There is no '<' in it: no line looks like log_line().
std::string explained(std::string_view recipient, const Decision& decision);

/// One JSON object without a line end, fields as in DESIGN 5.
std::string explained_json(std::string_view recipient, const Decision& decision);

/// The log line of one recipient at the end of its message, less time and level:
/// "QUEUEID: recipient=<...> decision=rewrite reason=all-local to=<...> steps=2 hops_saved=2 size=10240". What stands in
/// <...> has no space, '<' or '>' in it: they are \xHH there.
std::string log_line(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size);

/// The same as a JSON object.
std::string log_line_json(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size);

}  // namespace shorthop
