// Steps that shorthop setup takes both ways: on --apply and on --undo.
#pragma once

#include <expected>
#include <string>

#include "settings/settings.h"
#include "tool/output.h"
#include "tool/setup/main_cf_change.h"

namespace shorthop::tool {

/// Where main.cf is copied to before the first change.
std::string backup_of(const std::string& main_cf_path);

/// The Postfix of that directory, as it is whenever it is asked.
AskPostfix asking(const std::string& directory);

/// Has a daemon that runs read its settings anew; one that does not run will when it starts. The error is why it stays
/// with the old ones.
std::expected<void, std::string> reload_daemon(const Settings& settings, Output& output);

}  // namespace shorthop::tool
