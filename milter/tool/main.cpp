// shorthop, the postmaster's tool: process-wide setup around run_program().
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "system/descriptor.h"
#include "tool/program.h"

int main(int argc, char** argv) try {
  shorthop::occupy_standard_descriptors();
  // While these signals are ignored, a write to a closed pipe, or beyond the limit of file sizes (setrlimit(2)), fails
  // with an error and does not end the process. So the program chooses its own exit status.
  for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_IGN));
  shorthop::tool::Output output(STDOUT_FILENO);
  shorthop::tool::Output errors(STDERR_FILENO);
  shorthop::tool::Streams streams{STDIN_FILENO, output, errors};
  return shorthop::tool::run_program({argv + (argc > 0 ? 1 : 0), argv + argc}, streams);
} catch (const std::exception& bug) {
  static_cast<void>(std::fprintf(stderr, "shorthop: internal error: %s\n", bug.what()));
  return EX_SOFTWARE;
}
