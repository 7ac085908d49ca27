// shorthop setup --undo, and the steps that it shares with --apply.
#pragma once

#include <expected>
#include <string>

#include "settings/settings.h"
#include "tool/output.h"
#include "tool/setup/main_cf_change.h"
#include "tool/setup/setup_facts.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

/// The path of the backup of main.cf, made before the first change and kept until --undo.
std::string backup_of(const std::string& main_cf_path);

/// Asks the Postfix of that directory for its current facts.
AskPostfix asking(const std::string& directory);

/// Makes a running daemon read its settings again; a stopped daemon reads them when it starts. The error says why the
/// daemon keeps its old settings.
std::expected<void, std::string> reload_daemon(const Settings& settings, Output& output);

/// Removes what setup added and nothing else, whatever else changed since. Returns the exit status. With `dry_run` it
/// only prints the changes. Missing settings do not stop it.
int undo_setup(const std::string& config, const SetupOptions& options, bool dry_run, Streams& streams);

}  // namespace shorthop::tool
