// Where this installation has its other files: beside the program that runs.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::tool {

/// The directory of the scripts for a primary.
std::string scripts_directory();

/// A command for a crontab: with its path if it is beside this program, because the PATH of cron(8) may lack that
/// directory.
std::string command_with_path(std::string_view name);

}  // namespace shorthop::tool
