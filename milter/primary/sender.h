// What a Postfix primary asks about the sender of a message: sender_bcc_maps and the sender-dependent routes.
#pragma once

#include <optional>
#include <string_view>

#include "primary/local_host.h"
#include "primary/primary.h"

namespace shorthop {

/// Why the sender decides where this mail goes; nullopt if only the recipients decide. `path` is the argument of
/// MAIL FROM ("<user@example.net>", "<>"); nullopt: it is not known. `host` says whether this host changes the sender.
std::optional<LookupFailure> sender_obstacle(std::optional<std::string_view> path, const Primary& primary,
                                             const LocalHost& host, Deadline deadline);

}  // namespace shorthop
