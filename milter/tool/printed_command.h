// Commands of shorthop that messages name. They repeat the options of the present run, because without these options a
// command would act on other settings than those that the message is about.
#pragma once

#include <string>
#include <string_view>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// The word of a shell (POSIX.1-2017, 2.2) that means this text.
std::string shell_word(std::string_view text);

/// "shorthop WORDS", with --config if `config` is not the default file. `program` is the name or path to call it by.
std::string command_for(const std::string& config, std::string_view words, std::string_view program = "shorthop");

/// The same for a message of this invocation. The first word is a subcommand. The given options that this subcommand
/// takes are added, except those that say what to do with the result (--apply, --dry-run, --json).
std::string command(const Invocation& invocation, std::string_view words);

}  // namespace shorthop::tool
