// The copies of .forward files and the remembered include files of one snapshot.
#include "load/forward_copies.h"

#include <fstream>
#include <memory>

#include "load/remembered_files.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

namespace shorthop::test {
namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("DESIGN 2.6: .forward files stay as they were when the snapshot was built", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "f/ann", "ann@example.com\n");
  write(dir / "f/ann+x", "bob@example.com\n");
  Diagnostics warnings;
  const auto copies = forward_copies((dir / "f/%u").string(), SystemFiles(), warnings);
  write(dir / "f/ann", "changed\n");
  write(dir / "f/new", "new\n");
  CHECK(copies->read(dir / "f/ann").value() == "ann@example.com\n");
  CHECK(copies->read(dir / "f/ann+x").value() == "bob@example.com\n");
  CHECK(copies->read(dir / "f/new").error().kind == ReadFailure::Kind::missing);
  CHECK(warnings.empty());
}

TEST_CASE(".forward files in homes, and with a suffix", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "home/ann/.forward", "ann@example.com\n");
  write(dir / "home/bob/.profile", "x\n");
  write(dir / "flat/ann.forward", "ann@example.com\n");
  write(dir / "flat/.forward", "nobody\n");
  Diagnostics warnings;
  const auto homes = forward_copies((dir / "home/%u/.forward").string(), SystemFiles(), warnings);
  CHECK(homes->read(dir / "home/ann/.forward").has_value());
  CHECK(homes->read(dir / "home/bob/.forward").error().kind == ReadFailure::Kind::missing);
  const auto flat = forward_copies((dir / "flat/%u.forward").string(), SystemFiles(), warnings);
  CHECK(flat->read(dir / "flat/ann.forward").has_value());
  CHECK(flat->read(dir / "flat/.forward").error().kind == ReadFailure::Kind::missing);
  CHECK(warnings.empty());
}

TEST_CASE("a .forward that is no file is a failure, a missing directory a warning", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  std::filesystem::create_directories(dir / "f/ann");
  Diagnostics warnings;
  const auto copies = forward_copies((dir / "f/%u").string(), SystemFiles(), warnings);
  CHECK(copies->read(dir / "f/ann").error().kind == ReadFailure::Kind::unreadable);
  REQUIRE(warnings.size() == 1);
  CHECK_FALSE(has_error(warnings));
  forward_copies((dir / "none/%u").string(), SystemFiles(), warnings);
  CHECK(warnings.size() == 2);
}

TEST_CASE("DESIGN 2.6: an include file stays as it was when it was first read, also if it was missing", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "list", "ann\n");
  const RememberedFiles files(std::make_shared<SystemFiles>());
  CHECK(files.read(dir / "list").value() == "ann\n");
  CHECK_FALSE(files.read(dir / "later").has_value());
  write(dir / "list", "bob\n");
  write(dir / "later", "x\n");
  CHECK(files.read(dir / "list").value() == "ann\n");
  CHECK_FALSE(files.read(dir / "later").has_value());
}

}  // namespace shorthop::test
