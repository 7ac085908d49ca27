// shorthopd: process-wide setup around run_daemon().
#include <sysexits.h>

#include <cstdio>
#include <exception>
#include <string>

#include "daemon/options.h"
#include "daemon/process.h"
#include "system/descriptor.h"

int main(int argc, char** argv) try {
  shorthop::occupy_standard_descriptors();
  const auto options = shorthop::parse_options(argc, argv);
  if (!options) {
    static_cast<void>(std::fprintf(stderr, "shorthopd: %s (fix: see \"shorthopd --help\")\n", options.error().c_str()));
    return EX_USAGE;
  }
  if (options->help || options->version) {
    const std::string text = options->help ? shorthop::help_text() : shorthop::version_text();
    return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? EX_IOERR : EX_OK;
  }
  return shorthop::run_daemon(options->config);
} catch (const std::exception& bug) {
  static_cast<void>(std::fprintf(stderr, "shorthopd: internal error: %s\n", bug.what()));
  return EX_SOFTWARE;
}
