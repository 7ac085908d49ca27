#include "text/help_rows.h"

#include <array>

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("help has two columns; the left one is as wide as its longest entry", "[text][help]") {
  constexpr std::array options = {OptionRow{"config", "FILE", "the settings"}, OptionRow{"json", "", "print JSON"}};
  HelpRows rows;
  append_options(rows, options);
  CHECK(columns_of(rows) ==
        "  --config FILE  the settings\n"
        "  --json         print JSON\n");
}

TEST_CASE("exit statuses are rows too", "[text][help]") {
  constexpr std::array exits = {ExitRow{0, "all went well"}, ExitRow{64, "the command line is wrong"}};
  HelpRows rows;
  append_exits(rows, exits);
  CHECK(columns_of(rows) ==
        "  0   all went well\n"
        "  64  the command line is wrong\n");
  CHECK(columns_of({}).empty());
}
