// The copies of .forward files and the remembered include files of one snapshot.
#include "load/forward_copies.h"

#include <utime.h>

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

TEST_CASE("what cannot be read in a .forward file is told with its line", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "f/ann", "# mine\nann@example.com\n\"unclosed\n\nann@example.com bob@example.com\n");
  Diagnostics warnings;
  forward_copies((dir / "f/%u").string(), SystemFiles(), warnings);
  REQUIRE(warnings.size() == 2);
  const std::string file = (dir / "f/ann").string();
  CHECK(warnings[0].text().starts_with(file + ":3: warning: cannot read \"\"unclosed\": "));
  CHECK(warnings[1].text().starts_with(file + ":5: warning: cannot read "));
}

TEST_CASE("a .forward file that is wrong in every line costs a bounded number of warnings", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  std::string text;
  for (int i = 0; i < 150'000; ++i) text += "\"\n";
  write(dir / "f/ann", text);
  write(dir / "f/bob", text);
  Diagnostics warnings;
  forward_copies((dir / "f/%u").string(), SystemFiles(), warnings);
  CHECK(warnings.size() == 100'000);
}

TEST_CASE("max-age: .forward files are as old as the newest of them and their directory", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  const auto at = [](time_t when) { return std::chrono::system_clock::from_time_t(when); };
  const auto set_time = [](const std::filesystem::path& path, time_t when) {
    const utimbuf times{when, when};
    REQUIRE(utime(path.c_str(), &times) == 0);
  };
  const std::string pattern = (dir / "f/%u.forward").string();
  CHECK(last_change_of_forwards(pattern) == std::chrono::system_clock::time_point::max());  // no directory
  write(dir / "f/other", "");
  CHECK(last_change_of_forwards(pattern) == std::chrono::system_clock::time_point::max());  // none of them
  write(dir / "f/ann.forward", "");
  write(dir / "f/bob.forward", "");
  set_time(dir / "f/ann.forward", 1000);
  set_time(dir / "f/bob.forward", 2000);
  set_time(dir / "f", 1500);
  CHECK(last_change_of_forwards(pattern) == at(2000));
  set_time(dir / "f", 3000);
  CHECK(last_change_of_forwards(pattern) == at(3000));
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
