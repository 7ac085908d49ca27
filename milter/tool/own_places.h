// Where this installation has its other files: beside the program that runs.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::tool {

/// The directory of the scripts for a primary.
std::string scripts_directory();

/// A command as cron(8) can start it, whose PATH may lack the directory: with its path if it is beside this program.
std::string command_with_path(std::string_view name);

}  // namespace shorthop::tool
