#include "text/diagnostic.h"

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("a diagnostic is one line of printable ASCII, whatever the file name contains", "[text][diagnostic]") {
  const Diagnostic diagnostic{{"/etc/relay.d/\x1b[2Ja\n/etc/b:1: error: forged\xc3\xbc", 3},
                              "no \"\x07\"",
                              "fix\r",
                              Severity::error,
                              ErrorClass::data};
  CHECK(diagnostic.text() ==
        R"(/etc/relay.d/\x1b[2Ja\x0a/etc/b:1: error: forged\xc3\xbc:3: error: no "\x07" (fix: fix\x0d))");
}

TEST_CASE("a diagnostic names file and line, what is wrong and the fix", "[text][diagnostic]") {
  CHECK(Diagnostic{{"/a", 3}, "is odd", "make it even", Severity::warning, ErrorClass::data}.text() ==
        "/a:3: warning: is odd (fix: make it even)");
  CHECK(Diagnostic{{}, "is wrong", "", Severity::error, ErrorClass::data}.text() == "error: is wrong");
}

TEST_CASE("has_error(): a warning is not an error", "[text][diagnostic]") {
  const Diagnostic warning{{}, "odd", "", Severity::warning};
  CHECK(warning.text() == "warning: odd");
  CHECK_FALSE(has_error({warning}));
  CHECK(has_error({warning, Diagnostic{{}, "bad", ""}}));
}
