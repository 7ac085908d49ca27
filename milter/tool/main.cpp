// shorthop, the postmaster's tool: what only a process has, around run_program().
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "tool/program.h"

namespace {

/// A caller may have closed one of the three. Without this a table or a socket would get its number, and our output
/// with it; so it is opened the wrong way round, and using it is an error that is noticed.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) try {
  occupy_standard_descriptors();
  // A reader that left is an error of the write then, and the exit status is ours to choose.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  shorthop::tool::Output output(STDOUT_FILENO);
  shorthop::tool::Output errors(STDERR_FILENO);
  shorthop::tool::Streams streams{STDIN_FILENO, output, errors};
  return shorthop::tool::run_program({argv + (argc > 0 ? 1 : 0), argv + argc}, streams);
} catch (const std::exception& bug) {
  static_cast<void>(std::fprintf(stderr, "shorthop: internal error: %s\n", bug.what()));
  return EX_SOFTWARE;
}
