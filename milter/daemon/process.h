// The main function of shorthopd: load, listen, serve, reload, stop.
#pragma once

#include <filesystem>

namespace shorthop {

/// Runs until a signal asks it to stop. Returns the exit status.
int run_daemon(const std::filesystem::path& main_file);

}  // namespace shorthop
