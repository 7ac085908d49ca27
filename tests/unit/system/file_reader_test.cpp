// Reading files: the whole file, or the reason why not; never blocking.
#include "system/file_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "support/table_texts.h"
#include "support/temporary_directory.h"

namespace shorthop::test {
namespace {

std::string outcome(const std::filesystem::path& path) {
  const auto text = SystemFiles().read(path);
  if (text) return "read: " + *text;
  return (text.error().kind == ReadFailure::Kind::missing ? "missing: " : "unreadable: ") + text.error().what;
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), static_cast<std::streamsize>(text.size()));
}

TEST_CASE("files: the whole file, byte for byte", "[system][files]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  for (const std::size_t size : {0U, 1U, 4095U, 65536U, 65537U, 3'000'000U}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7);
    write(path, text);
    const auto read = SystemFiles().read(path);
    REQUIRE(read);
    CHECK(*read == text);
  }
}

TEST_CASE("files: the size reported by the system may be wrong, as in /proc", "[system][files]") {
  CHECK(outcome("/proc/self/stat").starts_with("read: " + std::to_string(::getpid())));
}

TEST_CASE("files: missing differs from unreadable", "[system][files]") {
  const TemporaryDirectory directory;
  CHECK(outcome(directory.path() / "no") == "missing: no such file or directory");
  write(directory.path() / "file", "x");
  CHECK(outcome(directory.path() / "file" / "below") == "missing: not a directory");
  CHECK(outcome("") == "missing: no such file or directory");
}

TEST_CASE("files: directories, fifos and devices are neither read nor waited for", "[system][files]") {
  const TemporaryDirectory directory;
  CHECK(outcome(directory.path()) == "unreadable: is a directory");
  const auto fifo = directory.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(outcome(fifo) == "unreadable: is not a regular file");
  CHECK(outcome("/dev/zero") == "unreadable: is not a regular file");
}

TEST_CASE("files: a link is followed, a loop of links is unreadable", "[system][files]") {
  const TemporaryDirectory directory;
  write(directory.path() / "file", "x");
  std::filesystem::create_symlink("file", directory.path() / "link");
  std::filesystem::create_symlink("circle", directory.path() / "circle");
  CHECK(outcome(directory.path() / "link") == "read: x");
  CHECK(outcome(directory.path() / "circle").starts_with("unreadable: too many levels"));
  CHECK_FALSE(SystemFiles().stamp(directory.path() / "circle").is_missing());
  CHECK_FALSE(SystemFiles().stamp(directory.path() / "link").is_missing());
  CHECK(SystemFiles().stamp(directory.path() / "none").is_missing());
}

TEST_CASE("files: more than 2 GiB is an error", "[system][files]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "large";
  write(path, "x");
  // A hole uses no disk space.
  REQUIRE(::truncate(path.c_str(), (off_t{1} << 31) + 1) == 0);
  CHECK(outcome(path) == "unreadable: is larger than 2 GiB");
}

TEST_CASE("files: a file that grows and shrinks while it is read gives only bytes that were in it", "[system][files]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  write(path, std::string(1'000'000, 'a'));
  std::atomic<bool> stop = false;
  std::thread changer([&] {
    while (!stop) {
      std::ofstream(path, std::ios::app) << std::string(100'000, 'a');
      ::truncate(path.c_str(), 10) == 0 || ::unlink(path.c_str());
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto text = SystemFiles().read(path);
    if (text) CHECK(text->find_first_not_of(std::string_view("a\0", 2)) == std::string::npos);
  }
  stop = true;
  changer.join();
}

}  // namespace
}  // namespace shorthop::test
