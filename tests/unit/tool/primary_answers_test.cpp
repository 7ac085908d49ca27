// The primary's own answers, compared with the answers of the tables here.
#include "tool/mirror/primary_answers.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/map_table.h"
#include "support/temporary_directory.h"

using namespace shorthop;
using namespace shorthop::tool;
using namespace shorthop::test;

namespace {

/// A mirror whose tables are empty here, and have the given number of keys on the primary.
class Mirror {
 public:
  Mirror& table(const std::string& name, int keys) {
    data.tables[name] = std::make_shared<MapTable>(std::map<std::string, std::string, std::less<>>{}, name);
    const auto path = directory_.path() / "answers" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path);
    for (int key = 0; key < keys; ++key) file << fmt::format("user{}@example.org\tann\n", key);
    return *this;
  }
  ComparedAnswers compared() const { return compare_answers(directory_.path(), data); }

  LoadedRelay data;

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE(
    "a different answer of a fixed table is reported, however many different answers of live tables come before it",
    "[tool][import]") {
  Mirror mirror;
  // A directory lists its files in any order.
  mirror.table("mysql:/etc/postfix/a.cf", 1001).table("hash:/etc/postfix/virtual", 1);
  const ComparedAnswers answers = mirror.table("mysql:/etc/postfix/z.cf", 1001).compared();
  CHECK(answers.fault.empty());
  CHECK(answers.different == 2003);
  CHECK(answers.different_of_fixed == 1);
  REQUIRE(answers.first_different.size() == 1000);
  CHECK(answers.first_different.front().table == "hash:/etc/postfix/virtual");
  CHECK_FALSE(answers.first_different.front().is_live);
  CHECK(answers.first_different.back().is_live);
}

TEST_CASE("different answers of live tables alone are not a fault of the bundle", "[tool][import]") {
  const ComparedAnswers answers = Mirror().table("mysql:/etc/postfix/a.cf", 2).compared();
  CHECK(answers.different == 2);
  CHECK(answers.different_of_fixed == 0);
  CHECK(answers.first_different.size() == 2);
}
