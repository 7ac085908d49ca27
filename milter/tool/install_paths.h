// Finds the other files of this installation, by the path of the running program.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::tool {

/// The directory of the scripts for a primary.
std::string scripts_directory();

/// The command `name` for a crontab: with its path if it is in the directory of this program, because the PATH of
/// cron(8) may lack that directory.
std::string command_with_path(std::string_view name);

/// The crontab "/etc/cron.d/JOB-RELAY".
std::string crontab_of(std::string_view job, std::string relay);

}  // namespace shorthop::tool
