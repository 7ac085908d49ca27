// The texts of --help, made from the rows of subcommand.h.
#pragma once

#include <string>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// Every subcommand with its meaning.
std::string general_help();
/// Usage, options and exit statuses of one subcommand.
std::string help_for(const Subcommand& subcommand);

}  // namespace shorthop::tool
