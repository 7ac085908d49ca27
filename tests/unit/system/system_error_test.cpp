#include "system/system_error.h"

#include <cerrno>

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("errno as a sentence: only its first letter is changed to lower case", "[system][errno]") {
  CHECK(error_text(ENOENT) == "no such file or directory");
  CHECK(error_text(EXDEV) == "invalid cross-device link");
  CHECK(error_text(ERFKILL) == "operation not possible due to RF-kill");
}

TEST_CASE("an unknown errno has a sentence too", "[system][errno]") { CHECK(error_text(9999) == "unknown error 9999"); }
