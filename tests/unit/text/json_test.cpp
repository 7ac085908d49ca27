// JSON strings and objects.
#include "text/json.h"

#include <vector>

#include "support/catch.h"

namespace shorthop::test {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("RFC 8259, 7: a string is printable ASCII, with escapes for everything else", "[text][json]") {
  CHECK(json("ann@example.com") == "\"ann@example.com\"");
  CHECK(json("a\"b\\c/") == "\"a\\\"b\\\\c/\"");
  CHECK(json("J\u00fcrgen \U0001f4e7") == "\"J\\u00fcrgen \\ud83d\\udce7\"");
  CHECK(json("\n\x1f\x7f\xff") == "\"\\u000a\\u001f\\u007f\\u00ff\"");
  CHECK(json("") == "\"\"");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const char c : json(all)) CHECK((c >= 0x20 && c < 0x7f));
}

TEST_CASE("RFC 8259, 4: an object has its fields in the order in which they were added", "[text][json]") {
  CHECK(JsonObject().str() == "{}");
  CHECK(JsonObject().text("b", "x").number("a", 18446744073709551615U).boolean("c", true).null("d").str() ==
        R"({"b":"x","a":18446744073709551615,"c":true,"d":null})");
  using std::chrono::milliseconds;
  CHECK(JsonObject().seconds("a", milliseconds(3000)).seconds("b", milliseconds(160)).str() == R"({"a":3,"b":0.16})");
  CHECK(JsonObject().seconds("a", milliseconds(0)).seconds("b", milliseconds(100'000'001)).str() ==
        R"({"a":0,"b":100000.001})");
  CHECK(JsonObject().boolean("a", false).str() == R"({"a":false})");
}

TEST_CASE("a value that ends with '{' does not look like the start of an object", "[text][json]") {
  CHECK(JsonObject().text("a", "{").text("b", "[").text("c", "").str() == R"({"a":"{","b":"[","c":""})");
  CHECK(JsonObject().texts("a", std::vector<std::string>{"[", "{"}).number("b", 1).str() == R"({"a":["[","{"],"b":1})");
}

TEST_CASE("RFC 8259, 5: an object may have arrays of strings, arrays of objects, and objects", "[text][json]") {
  const std::vector<std::string> none;
  const std::vector<std::string> two = {"x", "y\""};
  const auto add = [](JsonObject& object, const std::string& item) {
    object.text("is", item).number("n", item.size());
  };
  CHECK(JsonObject().texts("to", none).texts("from", two).str() == R"({"to":[],"from":["x","y\""]})");
  CHECK(JsonObject().texts("sizes", two, [](const std::string& item) { return std::to_string(item.size()); }).str() ==
        R"({"sizes":["1","2"]})");
  CHECK(JsonObject().objects("none", none, add).objects("two", two, add).number("end", 0).str() ==
        R"({"none":[],"two":[{"is":"x","n":1},{"is":"y\"","n":2}],"end":0})");
  CHECK(JsonObject().object("in", [](JsonObject& in) { in.object("out", [](JsonObject&) {}).null("x"); }).str() ==
        R"({"in":{"out":{},"x":null}})");
}

}  // namespace
}  // namespace shorthop::test
