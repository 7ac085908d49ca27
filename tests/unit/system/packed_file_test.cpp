// Packed files: recognised by content, whatever their name is; data before damage is read, and the damage is reported.
#include "system/packed_file.h"

#include <fcntl.h>

#include <fstream>
#include <string>

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace shorthop::test {
namespace {

std::string bytes_of(std::string_view hexadecimal) {
  std::string bytes;
  for (std::size_t at = 0; at < hexadecimal.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hexadecimal.substr(at, 2)), nullptr, 16));
  }
  return bytes;
}

void write_to(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// All of a file; "... ERROR" if the rest cannot be read.
std::string unpacked(const std::filesystem::path& path) {
  auto opened = PackedFile::open(path);
  if (!opened) return "not opened: " + opened.error().what;
  auto file = PackedFile::read(std::move(*opened));
  if (!file) return "not begun";
  std::string text;
  for (;;) {
    const auto block = file->next();
    if (!block) return text + "... ERROR";
    if (block->empty()) return text;
    text += *block;
  }
}

constexpr std::string_view gzip = "1f8b08000000000000032b484cce4e4d512849ad28e102004c40b33b0c000000";

}  // namespace

TEST_CASE("packed files: gzip, bzip2, xz, zstd, and plain ones", "[system][packed]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "log.1";
  for (const std::string_view packed :
       {gzip,
        std::string_view(
            "425a6839314159265359bab0ef240000045180001040002e08444020002201a62100304102822df78bb9229c28485d"
            "58779200"),
        std::string_view(
            "fd377a585a000004e6d6b4460200210116000000742fe5a301000b7061636b656420746578740a003aeb6ea4badd78"
            "cf0001240ca618d8d81fb6f37d010000000004595a"),
        std::string_view("28b52ffd04586100007061636b656420746578740add28a5da")}) {
    write_to(path, bytes_of(packed));
    CHECK(unpacked(path) == "packed text\n");
  }
  write_to(path, "plain text\n");
  CHECK(unpacked(path) == "plain text\n");
  write_to(path, "");
  CHECK(unpacked(path) == "");
}

TEST_CASE("packed files: several parts in one file are read one after the other", "[system][packed]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "log.gz";
  write_to(path, bytes_of(gzip) + bytes_of(gzip));
  CHECK(unpacked(path) == "packed text\npacked text\n");
}

TEST_CASE("packed files: a file that was cut ends in an error", "[system][packed]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "log.gz";
  for (std::size_t length = 11; length + 8 < bytes_of(gzip).size(); ++length) {
    write_to(path, bytes_of(gzip).substr(0, length));
    const std::string result = unpacked(path);
    CAPTURE(length, result);
    CHECK((result == "not begun" || result.ends_with("... ERROR")));
  }
}

TEST_CASE("packed files: a missing file and a directory are not read", "[system][packed]") {
  const TemporaryDirectory directory;
  CHECK(unpacked(directory.path() / "missing") == "not opened: no such file or directory");
  CHECK(unpacked(directory.path()) == "not begun");
}

TEST_CASE("packed files: an open descriptor is read and stays open", "[system][packed]") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "log";
  write_to(path, "plain text\n");
  const Descriptor input(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  {
    auto file = PackedFile::read_descriptor(input.get());
    REQUIRE(file);
    CHECK(file->next().value() == "plain text\n");
  }
  CHECK(::fcntl(input.get(), F_GETFD) >= 0);
}

}  // namespace shorthop::test
