// The copies of .forward and :include: files in one snapshot.
#include "load/forward_copies.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "load/include_copies.h"
#include "load/mirror/mirror_tables.h"
#include "support/catch.h"
#include "support/temporary_directory.h"
#include "tables/text/text_table.h"

namespace shorthop::test {
namespace {

void write(const std::filesystem::path& file, const std::string& text, mode_t mode = 0644) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
  REQUIRE(::chmod(file.c_str(), mode) == 0);
}

std::shared_ptr<const ForwardCopies> copies_of(const std::filesystem::path& pattern, Diagnostics& warnings,
                                               Profile profile = Profile::postfix, const TableList* users = nullptr) {
  RelaySettings relay;
  relay.forward_files.value = pattern.string();
  relay.profile.value = profile;
  return forward_copies(relay, users, SystemFiles(), warnings);
}

/// Reads each file that exists as a comment of 1 MiB.
class LargeFiles final : public FileReader {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    std::string text(std::size_t{1} << 20, '#');
    text.back() = '\n';
    return files_.stamp(path).exists ? text : files_.read(path);
  }
  FileStamp stamp(const std::filesystem::path& path) const override { return files_.stamp(path); }

 private:
  SystemFiles files_;
};

/// The result for a copy of ann's .forward with this mode.
std::string result_with_mode(mode_t mode, Profile profile = Profile::postfix) {
  TemporaryDirectory directory;
  write(directory.path() / "f/ann", "ann@example.com\n", mode);
  Diagnostics warnings;
  const auto text = copies_of(directory.path() / "f/%u", warnings, profile)->read(directory.path() / "f/ann");
  if (text) return "followed";
  CHECK(warnings.size() == 1);
  return text.error().kind == ReadFailure::Kind::refused ? "refused: " + text.error().what : "unreadable";
}

}  // namespace

TEST_CASE("too many .forward files: the warning says which limit is exceeded, and a file without a copy is a failure",
          "[load]") {
  TemporaryDirectory directory;
  constexpr int too_many = 257;  // of 1 MiB each
  for (int i = 0; i < too_many; ++i) write(directory.path() / "f" / std::to_string(i), "\n");
  RelaySettings relay;
  relay.forward_files.value = directory.path() / "f/%u";
  Diagnostics warnings;
  const auto copies = forward_copies(relay, nullptr, LargeFiles(), warnings);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings.front().what == "more than 256 MiB of .forward files: recipients whose file was not read are kept");
  const auto text = copies->read(directory.path() / "f/nobody");
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ReadFailure::Kind::unreadable);
  CHECK(text.error().what == "more than 256 MiB of .forward files");
}

TEST_CASE("DESIGN 2.6: .forward files keep the contents that they had when the snapshot was built", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "f/ann", "ann@example.com\n");
  write(dir / "f/ann+x", "bob@example.com\n");
  Diagnostics warnings;
  const auto copies = copies_of(dir / "f/%u", warnings);
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
  const auto homes = copies_of(dir / "home/%u/.forward", warnings);
  CHECK(homes->read(dir / "home/ann/.forward").has_value());
  CHECK(homes->read(dir / "home/bob/.forward").error().kind == ReadFailure::Kind::missing);
  const auto flat = copies_of(dir / "flat/%u.forward", warnings);
  CHECK(flat->read(dir / "flat/ann.forward").has_value());
  CHECK(flat->read(dir / "flat/.forward").error().kind == ReadFailure::Kind::missing);
  CHECK(warnings.empty());
}

TEST_CASE("an unreadable entry in a .forward file is reported with its line", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "f/ann", "# mine\nann@example.com\n\"unclosed\n\nann@example.com \"bob\"@example.com\n");
  Diagnostics warnings;
  copies_of(dir / "f/%u", warnings);
  REQUIRE(warnings.size() == 2);
  const std::string file = (dir / "f/ann").string();
  CHECK(warnings[0].text().starts_with(file + ":3: warning: cannot read \"\"unclosed\": "));
  CHECK(warnings[1].text().starts_with(file + ":5: warning: cannot read "));
}

TEST_CASE("a .forward file that is wrong in every line causes a limited number of warnings", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  std::string text;
  for (int i = 0; i < 150'000; ++i) text += "\"\n";
  write(dir / "f/ann", text);
  write(dir / "f/bob", text);
  Diagnostics warnings;
  copies_of(dir / "f/%u", warnings);
  CHECK(warnings.size() == 100'000);
}

TEST_CASE("a .forward that is not a file is a failure, a missing directory a warning", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  std::filesystem::create_directories(dir / "f/ann");
  Diagnostics warnings;
  const auto copies = copies_of(dir / "f/%u", warnings);
  CHECK(copies->read(dir / "f/ann").error().kind == ReadFailure::Kind::refused);
  REQUIRE(warnings.size() == 1);
  CHECK_FALSE(has_error(warnings));
  copies_of(dir / "none/%u", warnings);
  CHECK(warnings.size() == 2);
}

TEST_CASE("local/dotforward.c: a .forward that the primary ignores because of its mode is not followed", "[load]") {
  CHECK(result_with_mode(0644) == "followed");
  CHECK(result_with_mode(0664) == "followed");
  CHECK(result_with_mode(0666) == "refused: it is writable by everybody");
  CHECK(result_with_mode(0602) == "refused: it is writable by everybody");
  CHECK(result_with_mode(0044) == "refused: its owner cannot read it");
  CHECK(result_with_mode(0664, Profile::sendmail) == "refused: it is writable by its group");
  CHECK(result_with_mode(0644, Profile::sendmail) == "followed");
}

TEST_CASE("local/dotforward.c: a symbolic link is not a regular file", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "other", "ann@example.com\n");
  std::filesystem::create_directories(dir / "f");
  std::filesystem::create_symlink(dir / "other", dir / "f/ann");
  Diagnostics warnings;
  CHECK(copies_of(dir / "f/%u", warnings)->read(dir / "f/ann").error().kind == ReadFailure::Kind::refused);
}

TEST_CASE("local/dotforward.c: a .forward must belong to its user, if passwd(5) says who that is", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  for (const char* name : {"f/me", "f/me+x", "f/you", "f/unknown"}) write(dir / name, "ann@example.com\n");
  const std::string mine = std::to_string(::getuid());
  const std::string other = std::to_string(::getuid() + 1);
  Diagnostics problems;
  const TableList users(
      {text_table("text:users", "users", "me:x:" + mine + ":1::/:/bin/sh\nyou:x:" + other + ":1::/:/bin/sh\n",
                  TextFormat::first_word, problems)});
  Diagnostics warnings;
  const auto copies = copies_of(dir / "f/%u", warnings, Profile::postfix, &users);
  CHECK(copies->read(dir / "f/me").has_value());
  CHECK(copies->read(dir / "f/me+x").has_value());
  CHECK(copies->read(dir / "f/unknown").has_value());
  // Postfix also accepts one that belongs to root.
  CHECK(copies->read(dir / "f/you").has_value() == (::getuid() == 0));
}

TEST_CASE("util/dict_unix.c: a listing of unix:passwd.byname has whole lines of passwd(5)", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  const uid_t owner = ::getuid() == 0 ? 1000 : ::getuid();
  for (const char* name : {"f/me", "f/you"}) {
    write(dir / name, "ann@example.com\n");
    REQUIRE(::chown((dir / name).c_str(), owner, static_cast<gid_t>(-1)) == 0);
  }
  const std::string mine = std::to_string(owner);
  const std::string other = std::to_string(owner + 1);
  const TableList users({listed_table(
      "unix:passwd.byname", "me\tme:x:" + mine + ":1::/:/bin/sh\nyou\tyou:x:" + other + ":1::/:/bin/sh\n", true, {})});
  Diagnostics warnings;
  const auto copies = copies_of(dir / "f/%u", warnings, Profile::postfix, &users);
  CHECK(copies->read(dir / "f/me").has_value());
  CHECK(copies->read(dir / "f/you").error().kind == ReadFailure::Kind::refused);
}

TEST_CASE("postconf(5) recipient_delimiter: a .forward with an extension belongs to the user before the delimiter",
          "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  const uid_t owner = ::getuid() == 0 ? 1000 : ::getuid();
  for (const char* name : {"f/you-x", "f/you+x"}) {
    write(dir / name, "ann@example.com\n");
    REQUIRE(::chown((dir / name).c_str(), owner, static_cast<gid_t>(-1)) == 0);
  }
  const TableList users(
      {listed_table("unix:passwd.byname", "you\tyou:x:" + std::to_string(owner + 1) + ":1::/:/bin/sh\n", true, {})});
  RelaySettings relay;
  relay.forward_files.value = (dir / "f/%u").native();
  relay.recipient_delimiter = Located<std::string>{"-", {}};
  Diagnostics warnings;
  const auto copies = forward_copies(relay, &users, SystemFiles(), warnings);
  CHECK(copies->read(dir / "f/you-x").error().kind == ReadFailure::Kind::refused);
  CHECK(copies->read(dir / "f/you+x").has_value());
}

TEST_CASE("a .forward without a final newline may be truncated", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "f/ann", "ann@example.com,");
  Diagnostics warnings;
  CHECK(copies_of(dir / "f/%u", warnings)->read(dir / "f/ann").error().kind == ReadFailure::Kind::unreadable);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].what == "the last line has no newline: the copy may be incomplete; its user's recipients are kept");
}

namespace {

std::shared_ptr<const IncludeFiles> includes_of(const std::filesystem::path& root, const std::string& aliases,
                                                Diagnostics& warnings, Profile profile = Profile::postfix) {
  RelaySettings relay;
  relay.include_root.value = root.string();
  relay.profile.value = profile;
  Diagnostics problems;
  const TableList tables({text_table("text:aliases", "aliases", aliases, TextFormat::aliases5, problems)});
  return include_copies(relay, tables, nullptr, SystemFiles(), warnings);
}

std::string read_result(const IncludeFiles& files, const std::string& path) {
  const auto found = files.find(path);
  if (found == files.end()) return "not read";
  return found->second ? "read" : found->second.error();
}

}  // namespace

TEST_CASE("DESIGN 2.6: :include: files are read when the snapshot is built, and so are those that they include",
          "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "list", "ann, :include:/nested\n");
  write(dir / "nested", "bob\n");
  write(dir / "unused", "carl\n");
  Diagnostics warnings;
  const auto files = includes_of(dir, "list: :include:/list\nmore: x, :INCLUDE:/list\n", warnings);
  write(dir / "list", "changed\n");
  REQUIRE(read_result(*files, "/list") == "read");
  CHECK(files->at("/list")->targets.size() == 2);
  CHECK(read_result(*files, "/nested") == "read");
  CHECK(read_result(*files, "/unused") == "not read");
  CHECK(warnings.empty());
}

TEST_CASE("local/include.c: an :include: file that the primary rejects, or that is truncated, is an error", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "open", "ann\n", 0666);
  write(dir / "group", "ann\n", 0664);
  write(dir / "closed", "ann\n", 0640);
  write(dir / "cut", "ann,");
  std::filesystem::create_directories(dir / "directory");
  const std::string aliases =
      "a: :include:/open, :include:/group, :include:/closed, :include:/cut, :include:/directory, :include:/missing, "
      ":include:relative, :include:/../up\n";
  Diagnostics warnings;
  const auto files = includes_of(dir, aliases, warnings);
  CHECK(read_result(*files, "/open") == "it is writable by everybody");
  CHECK(read_result(*files, "/group") == "read");
  CHECK(read_result(*files, "/closed") == "it is not readable by everybody, so the primary may be unable to read it");
  CHECK(read_result(*files, "/cut") == "the last line has no newline: the copy may be incomplete");
  CHECK(read_result(*files, "/directory") == "it is not a regular file");
  CHECK(read_result(*files, "/missing").contains("no such file"));
  CHECK(read_result(*files, "relative") == "the path is relative");
  CHECK(read_result(*files, "/../up") == "the path has a '..'");
  CHECK(warnings.size() == 7);
  CHECK(read_result(*includes_of(dir, aliases, warnings, Profile::sendmail), "/group") ==
        "it is writable by its group");
}

TEST_CASE("a symbolic link below a root of copies is refused: on the primary it may lead elsewhere", "[load]") {
  TemporaryDirectory directory;
  const auto dir = directory.path();
  write(dir / "here/staff", "ann\n");
  write(dir / "here/.forward", "ann@example.com\n");
  std::filesystem::create_directories(dir / "copies");
  std::filesystem::create_symlink(dir / "here/staff", dir / "copies/staff");
  std::filesystem::create_directory_symlink(dir / "here", dir / "copies/lists");
  Diagnostics warnings;
  const auto files = includes_of(dir / "copies", "a: :include:/staff, :include:/lists/staff\n", warnings);
  CHECK(read_result(*files, "/staff").ends_with("/copies/staff is a symbolic link"));
  CHECK(read_result(*files, "/lists/staff").ends_with("/copies/lists is a symbolic link"));
  const auto homes = copies_of(dir / "copies/%u/.forward", warnings);
  CHECK(homes->read(dir / "copies/lists/.forward").error().kind == ReadFailure::Kind::refused);
}

TEST_CASE("an :include: file that is too large is not read", "[load]") {
  TemporaryDirectory directory;
  write(directory.path() / "list", "ann\n");
  std::filesystem::resize_file(directory.path() / "list", std::uintmax_t{1} << 31);  // sparse
  Diagnostics warnings;
  CHECK(read_result(*includes_of(directory.path(), "a: :include:/list\n", warnings), "/list") == "it is too large");
}

}  // namespace shorthop::test
