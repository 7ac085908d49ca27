#include "daemon/options.h"

#include <initializer_list>
#include <vector>

#include "support/catch.h"

using namespace shorthop;

namespace {

std::expected<Options, std::string> parsed(std::initializer_list<const char*> words) {
  std::vector<const char*> argv = {"shorthopd"};
  argv.insert(argv.end(), words);
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("without options the main file is the one that the packages install", "[daemon][options]") {
  CHECK(parsed({})->config == "/etc/shorthop/shorthop.conf");
}

TEST_CASE("--config names the main file, in both forms", "[daemon][options]") {
  CHECK(parsed({"--config", "/a b"})->config == "/a b");
  CHECK(parsed({"--config=/a"})->config == "/a");
}

TEST_CASE("unknown options are rejected", "[daemon][options]") {
  CHECK_FALSE(parsed({"--conf", "/a"}));  // no abbreviations: a later option might have the same prefix
  CHECK_FALSE(parsed({"--config"}));
  CHECK_FALSE(parsed({"/a"}));
  CHECK_FALSE(parsed({"-c", "/a"}));
  CHECK(parsed({"--nonsense"}).error().find("nonsense") != std::string::npos);
}

TEST_CASE("--help and --version are recognised", "[daemon][options]") {
  CHECK(parsed({"--help"})->help);
  CHECK(parsed({"--version"})->version);
  CHECK(help_text().find("--config FILE") != std::string::npos);
  CHECK(version_text().starts_with("shorthopd "));
}
