// Child processes: their input, output, exit status and limits; and private files for them.
#include "system/child_output.h"

#include <sys/stat.h>

#include <filesystem>

#include "support/catch.h"
#include "system/private_file.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

std::expected<ChildRun, ChildFailure> shell(const std::string& script, std::string_view input = {},
                                            ChildLimits limits = {}) {
  return run_child("/bin/sh", {"-c", script}, input, limits);
}

}  // namespace

TEST_CASE("a child gets its input, and run_child() returns any exit status", "[system][child]") {
  const auto run = shell("cat; echo told >&2; exit 3", "a line\n");
  REQUIRE(run);
  CHECK(run->exit_status == 3);
  CHECK(run->output == "a line\n");
  CHECK(run->errors == "told\n");
  CHECK(shell("cat")->output.empty());
}

TEST_CASE("a child runs in the given directory", "[system][child]") {
  CHECK(run_child("/bin/pwd", {}, {}, {}, "/usr")->output == "/usr\n");
  CHECK(run_child("/bin/pwd", {}, {}, {}, "/nonexistent").error().what.contains("cannot be started"));
}

TEST_CASE("more input than a socket holds is written while the output is read", "[system][child]") {
  const std::string large(3'000'000, 'x');
  CHECK(shell("cat", large)->output == large);
}

TEST_CASE("a child that does not read its input is not an error", "[system][child]") {
  const std::string large(3'000'000, 'x');
  CHECK(shell("exec <&-; sleep 0.05; echo done", large)->output == "done\n");
}

TEST_CASE("a program that exceeds a limit, ends by a signal or does not exist is a failure", "[system][child]") {
  const auto late = shell("sleep 60", "x", {.time = 100ms});
  CHECK(late.error().kind == ChildFailure::Kind::timed_out);
  const auto large = shell("cat", std::string(10'000, 'x'), {.bytes = 1000});
  CHECK(large.error().kind == ChildFailure::Kind::failed);
  CHECK(shell("kill -9 $$").error().what.ends_with("was ended by signal 9"));
  CHECK(run_child("/nonexistent", {}, "x", {}).error().what.contains("cannot be started"));
}

TEST_CASE("the message of a child is its first line, except for warnings and for lines of '@' around a message",
          "[system][child]") {
  const auto message = [](const std::string& lines) {
    return child_output("/bin/sh", {"-c", "printf '" + lines + "' >&2; exit 1"}).error().what;
  };
  CHECK(message("one\\ntwo\\n").ends_with("ended with status 1: one"));
  CHECK(message("x: warning: one\\ntwo\\n").ends_with(": two"));
  CHECK(message("@@@@@\\n@ WARNING: CHANGED @\\n@@@@@\\n").ends_with(": @ WARNING: CHANGED @"));
  CHECK(message("@@@@@\\n").ends_with("ended with status 1"));
}

TEST_CASE("a private file can be read only by its owner, and is removed with its object", "[system][child]") {
  std::string path;
  {
    const auto file = PrivateFile::make("password = x\n");
    REQUIRE(file);
    path = (*file)->path();
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(status.st_size == 13);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace shorthop::test
