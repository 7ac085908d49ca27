// Makes the commands of shorthop that messages tell the postmaster to run. Such a command repeats the options of the
// present run. Without them, it would use other settings than the run that printed the message.
#pragma once

#include <string>
#include <string_view>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// The text as one word of a shell, in quotes if it needs them (POSIX.1-2017, 2.2).
std::string shell_word(std::string_view text);

/// "shorthop WORDS", with --config if `config` is not the default file. `program` is the name or path of shorthop.
std::string command_for(const std::string& config, std::string_view words, std::string_view program = "shorthop");

/// As command_for(), for a message of this invocation. The first word of `words` is a subcommand. Adds the options of
/// this invocation that the subcommand takes, except those that say what to do with the result (--apply, --undo,
/// --dry-run, --json).
std::string command(const Invocation& invocation, std::string_view words);

}  // namespace shorthop::tool
