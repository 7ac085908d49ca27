// Output that cannot be written is noticed, and has its own exit status.
#include "tool/output.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "support/catch.h"
#include "tool/program.h"
#include "unit/tool/pipe.h"

using Catch::Matchers::ContainsSubstring;
using shorthop::test::Pipe;
using shorthop::tool::Output;

namespace {

int full_disk() { return ::open("/dev/full", O_WRONLY | O_CLOEXEC); }

}  // namespace

TEST_CASE("all text arrives in order, even through a slow non-blocking pipe", "[tool][output]") {
  Pipe pipe;
  REQUIRE(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK) == 0);
  std::string expected;
  std::string got;
  std::thread reader([&] { got = pipe.all(); });
  Output output(pipe.writer());
  for (int i = 0; i < 200'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    expected += line;
    output.write(line);
  }
  CHECK(output.flush());
  pipe.close_writer();
  reader.join();
  CHECK(got == expected);
}

TEST_CASE("a full disk is an error of the flush, and errors are sticky", "[tool][output]") {
  const int full = full_disk();
  Output output(full);
  output.write("text");
  CHECK_FALSE(output.failed());
  CHECK_FALSE(output.flush());
  CHECK(output.error() == ENOSPC);
  output.write("more");
  CHECK_FALSE(output.flush());
  ::close(full);
}

TEST_CASE("a reader that left is an error, and does not end the process", "[tool][output]") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  Output output(pipe.writer());
  output.write("text");
  CHECK_FALSE(output.flush());
  CHECK(output.error() == EPIPE);
  std::signal(SIGPIPE, before);
}

TEST_CASE("a run whose output is lost reports that and does not exit 0", "[tool][output]") {
  Pipe complaints;
  const int full = full_disk();
  Output output(full);
  Output errors(complaints.writer());
  shorthop::tool::Streams streams{-1, output, errors};
  CHECK(shorthop::tool::run_program({"--help"}, streams) == EX_TEMPFAIL);
  complaints.close_writer();
  CHECK_THAT(complaints.all(), ContainsSubstring("cannot write to standard output: "));
  ::close(full);
}
