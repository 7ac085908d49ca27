// If a change of main.cf fails half way, the old main.cf is restored and active.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "system/write_file.h"
#include "tool/setup/main_cf_change.h"

using namespace shorthop;
using namespace shorthop::tool;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Records the calls, and can refuse to reload.
struct FakeControl final : PostfixControl {
  bool runs = true;
  mutable int refused = 0;
  mutable int reloads = 0;
  bool is_running() const override { return runs; }
  std::expected<void, std::string> reload() const override {
    ++reloads;
    if (refused-- > 0) return std::unexpected("postfix: fatal: no");
    return {};
  }
};

struct OneChange {
  shorthop::test::TemporaryDirectory directory;
  std::string path = (directory.path() / "main.cf").string();
  TextEdit edit{path, "a = 1\n", "a = 1\nsmtpd_milters = x\n"};
  FakeControl control;
  Output output{::open("/dev/null", O_WRONLY)};

  OneChange() { std::ofstream(path) << edit.before; }

  AskPostfix ask() const {
    return [this]() -> std::expected<PostfixFacts, std::string> {
      PostfixFacts facts;
      facts.values = parse_parameters(text_of(path));
      return facts;
    };
  }
  std::expected<void, std::string> change(const CheckFacts& check) {
    return change_main_cf(edit, ask(), check, control, output);
  }
};

}  // namespace

TEST_CASE("a good change is active after one reload", "[tool][setup]") {
  OneChange one;
  ::chmod(one.path.c_str(), 0640);
  REQUIRE(one.change(check_only_milters_changed));
  CHECK(text_of(one.path) == one.edit.after);
  CHECK(one.control.reloads == 1);
  struct stat status{};
  ::stat(one.path.c_str(), &status);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("a stopped Postfix is not reloaded", "[tool][setup]") {
  OneChange one;
  one.control.runs = false;
  REQUIRE(one.change(check_only_milters_changed));
  CHECK(one.control.reloads == 0);
}

TEST_CASE("if postconf reads anything unexpected, main.cf is restored without a reload", "[tool][setup]") {
  OneChange one;
  one.edit.after = "a = 2\nsmtpd_milters = x\n";
  const auto changed = one.change(check_only_milters_changed);
  REQUIRE_FALSE(changed);
  CHECK_THAT(changed.error(), ContainsSubstring("postconf reads a different value of a than before (2, not 1)") &&
                                  ContainsSubstring("is as it was"));
  CHECK(text_of(one.path) == one.edit.before);
  CHECK(one.control.reloads == 0);
}

TEST_CASE("after a failed reload main.cf is restored and Postfix reloaded again", "[tool][setup]") {
  OneChange one;
  one.control.refused = 1;
  const auto changed = one.change(check_only_milters_changed);
  REQUIRE_FALSE(changed);
  CHECK_THAT(changed.error(), ContainsSubstring("fatal: no"));
  CHECK(text_of(one.path) == one.edit.before);
  CHECK(one.control.reloads == 2);
}

TEST_CASE("a main.cf that another program changed meanwhile is not overwritten", "[tool][setup]") {
  OneChange one;
  std::ofstream(one.path) << "a = 3\n";
  const auto changed = one.change(check_only_milters_changed);
  REQUIRE_FALSE(changed);
  CHECK_THAT(changed.error(), ContainsSubstring("was changed meanwhile"));
  CHECK(text_of(one.path) == "a = 3\n");
}

TEST_CASE("a new file never replaces another, and leaves nothing next to it", "[tool][setup]") {
  const shorthop::test::TemporaryDirectory directory;
  const std::string path = (directory.path() / "relay.d" / "a.conf").string();
  REQUIRE(create_file(path, "one"));
  const auto again = create_file(path, "two");
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error(), ContainsSubstring(path) && ContainsSubstring("file exists"));
  CHECK(text_of(path) == "one");
  const auto entries = std::filesystem::directory_iterator(directory.path() / "relay.d");
  CHECK(std::distance(entries, {}) == 1);
}
