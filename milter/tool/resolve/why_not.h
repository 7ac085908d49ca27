// Why the resolution of a recipient does not end at a certain address. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "session/decision.h"

namespace shorthop::tool {

/// The reasons as one or more lines of text, each a sentence. The chain of `decision` must be recorded (Trace::on).
std::string why_not(std::string_view recipient, std::string_view target, const Decision& decision);

}  // namespace shorthop::tool
