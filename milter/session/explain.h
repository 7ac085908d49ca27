// The one text form of a decision: the daemon's log, `shorthop resolve` and the tests print what stands here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "session/decision.h"
#include "session/session.h"

namespace shorthop {

/// Several lines for a person: the decision, then each step with its table and line, then each leaf.
std::string explained(std::string_view recipient, const Decision& decision);

/// One JSON object without a line end, fields as in DESIGN 5.
std::string explained_json(std::string_view recipient, const Decision& decision);

/// The log line of one recipient at the end of its message, less time and level:
/// "QUEUEID: recipient=<...> decision=rewrite reason=all-local to=<...> steps=2 hops_saved=2 size=10240". Each field is
/// one printable word: other bytes, spaces and angle brackets of an address stand as \xHH.
std::string log_line(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size);

/// The same as a JSON object.
std::string log_line_json(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size);

}  // namespace shorthop
