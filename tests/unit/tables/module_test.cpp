// The loader of modules, on modules made for this test.
#include "tables/types/module.h"

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace shorthop::test {
namespace {

struct Number {
  static constexpr const char* interface_name = "number";
  int value = 0;
};

std::expected<const void*, ModuleFailure> load(const std::string& name, std::string_view interface = "number") {
  return load_module(SHORTHOP_BINARY_DIR "/" + name + ".so", interface);
}

std::string load_result(const std::string& name, std::string_view interface = "number") {
  const auto object = load(name, interface);
  return object ? "loaded" : object.error().what;
}

}  // namespace

TEST_CASE("module: its object is found, and the same one each time", "[tables][module]") {
  const auto object = load("right-module");
  REQUIRE(object);
  CHECK(static_cast<const Number*>(*object)->value == 7);
  CHECK(load("right-module").value() == *object);
}

TEST_CASE("module: a missing module and an unusable one are two kinds of failure", "[tables][module]") {
  CHECK(load("no-such-module").error().is_missing);
  for (const char* name : {"old-module", "empty-module"}) CHECK_FALSE(load(name).error().is_missing);
  CHECK(load_result("old-module").contains("it belongs to shorthop 0.0.1"));
  CHECK(load_result("empty-module").contains("shorthop_module"));
  CHECK(load_result("right-module", "sql-client").contains("it is not a module sql-client"));
}

TEST_CASE("module: a file that is not a library is refused with its path", "[tables][module]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "text.so").string();
  std::ofstream(path) << "not a library\n";
  const auto object = load_module(path, "number");
  REQUIRE_FALSE(object);
  CHECK(object.error().what.contains(path));
}

TEST_CASE("module: in a build tree, the modules have the same path below the prefix as after an installation",
          "[tables][module]") {
  const auto prefix = std::filesystem::path(SHORTHOP_BINARY_DIR).parent_path();
  CHECK(path_of_module("mysql") == prefix / SHORTHOP_LIBDIR / "shorthop/mysql.so");
}

}  // namespace shorthop::test
