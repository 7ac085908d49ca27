// The texts of --help, made from the rows of subcommand.h.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// Every subcommand with its meaning.
std::string general_help();
/// The exit statuses of a subcommand, in ascending order, each with its meaning.
std::map<int, std::string_view> exits_of(const Subcommand& subcommand);
/// Usage, options and exit statuses of one subcommand.
std::string help_for(const Subcommand& subcommand);

}  // namespace shorthop::tool
