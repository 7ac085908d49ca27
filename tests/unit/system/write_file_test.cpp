// Writing files: as a whole or not at all.
#include "system/write_file.h"

#include <filesystem>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "system/file_reader.h"

namespace shorthop::test {
namespace {

TEST_CASE("files: a link stays a link when the file to which it leads is replaced", "[system][files]") {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "available";
  const auto link = directory.path() / "enabled";
  REQUIRE(create_file(file, "old"));
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  std::filesystem::create_symlink("available", link);
  REQUIRE(replace_file(link, "new"));
  CHECK(std::filesystem::read_symlink(link) == "available");
  CHECK(SystemFiles().read(file).value() == "new");
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms::owner_read);
}

TEST_CASE("files: a link that leads nowhere is an error that names it", "[system][files]") {
  const TemporaryDirectory directory;
  const auto link = directory.path() / "link";
  std::filesystem::create_symlink("gone", link);
  const Written written = replace_file(link, "new");
  REQUIRE_FALSE(written);
  CHECK(written.error() == link.native() + ": no such file or directory");
}

}  // namespace
}  // namespace shorthop::test
