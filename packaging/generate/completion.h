// Completion for bash and zsh, from the rows of options and subcommands by which the programs parse command lines.
#pragma once

#include <string>

namespace shorthop::generate {

/// A file for /usr/share/bash-completion/completions.
std::string bash_completion();
/// A file for zsh's site-functions.
std::string zsh_completion();

}  // namespace shorthop::generate
