// Parsers of one logical line: aliases(5) like postalias(1), virtual(5) like postmap(1), and lists of names.
#include "tables/text/line_formats.h"
#include "support/table_texts.h"

namespace shorthop::test {
namespace {

std::string result_text(const LineResult& result) {
  if (result) return "key=" + std::string(result->key) + " value=" + std::string(result->value);
  return "error: " + result.error().what + " (fix: " + result.error().fix + ")";
}

std::string aliases5(std::string_view line) {
  std::string buffer;
  return result_text(parse_aliases5(line, buffer));
}

std::string virtual5(std::string_view line) { return result_text(parse_virtual5(line)); }

std::string first_word(std::string_view line) {
  std::string buffer;
  return result_text(parse_first_word(line, buffer));
}

TEST_CASE("aliases(5): the format is \"name: value1, value2\"", "[tables][aliases5]") {
  CHECK(aliases5("ann: bob") == "key=ann value=bob");
  CHECK(aliases5("ann:bob, carl@example.com\r") == "key=ann value=bob, carl@example.com");
  CHECK(aliases5("first.last+x : bob") == "key=first.last+x value=bob");
}

TEST_CASE("aliases(5): a name with special characters is quoted, and its key is unquoted", "[tables][aliases5]") {
  CHECK(aliases5("\"john doe\": j") == "key=john doe value=j");
  CHECK(aliases5("\"a:b@c\": j") == "key=a:b@c value=j");
  CHECK(aliases5("\"a\\\"b\": j") == "key=a\"b value=j");
  CHECK(aliases5("a\\:b: j") == "key=a:b value=j");
}

TEST_CASE("postalias.c: words of a name are joined as in tok822_internalize", "[tables][aliases5]") {
  CHECK(aliases5("john doe: j") == "key=john doe value=j");
  CHECK(aliases5("john . doe: j") == "key=john.doe value=j");
  CHECK(aliases5("ann (the first): j") == "key=ann (the first) value=j");
}

TEST_CASE("aliases(5): a ':' in quotes, comments or the value does not end the name", "[tables][aliases5]") {
  CHECK(aliases5("ann (x: y): j") == "key=ann (x: y) value=j");
  CHECK(aliases5("list: :include:/etc/list") == "key=list value=:include:/etc/list");
}

TEST_CASE("postalias.c: a line without ':' is an error, and a line in virtual(5) form is recognised",
          "[tables][aliases5]") {
  CHECK(aliases5("ann@example.org bob") ==
        "error: expected ':' after the alias name in \"ann@example.org bob\" "
        "(fix: if this is a virtual(5) table, name it in virtual-alias-maps, or in virtual_alias_maps of the mirrored "
        "primary)");
  CHECK(aliases5("ann") == "error: expected ':' after the alias name in \"ann\" (fix: write \"name: targets\")");
  CHECK(aliases5("\"ann: bob").starts_with("error: expected ':'"));
}

TEST_CASE("postalias.c: the name must be local", "[tables][aliases5]") {
  for (const char* line : {"ann@example.org: bob", "ann%x: bob", "a b@c: d"}) {
    INFO(line);
    CHECK(aliases5(line).starts_with("error: the alias name "));
    CHECK(aliases5(line).contains("must be local"));
    CHECK(aliases5(line).contains("virtual-alias-maps"));
  }
}

TEST_CASE("postalias.c: exactly one name; name and value are not empty", "[tables][aliases5]") {
  CHECK(aliases5("ann, bob: c").starts_with("error: several alias names"));
  CHECK(aliases5(": c").starts_with("error: missing alias name"));
  CHECK(aliases5("ann:").starts_with("error: the alias \"ann\" has no target"));
  CHECK(aliases5("ann: \t\r").starts_with("error: the alias \"ann\" has no target"));
  CHECK(aliases5("\"a b\":").starts_with("error: the alias \"a b\" has no target"));
}

TEST_CASE("virtual(5): the key ends at the first white space", "[tables][virtual5]") {
  CHECK(virtual5("ann@example.org  bob, carl\r") == "key=ann@example.org value=bob, carl");
  CHECK(virtual5("@example.org\tbob") == "key=@example.org value=bob");
  CHECK(virtual5("a\rb c") == "key=a value=b c");
  CHECK(virtual5("a\vb") == "key=a value=b");
}

TEST_CASE("postmap(1): quoted or escaped white space is part of the key, which stays quoted", "[tables][virtual5]") {
  CHECK(virtual5("\"a b\"@example.org c") == "key=\"a b\"@example.org value=c");
  CHECK(virtual5("a\\ b c") == "key=a\\ b value=c");
  CHECK(virtual5("a\\\"b c") == "key=a\\\"b value=c");
  CHECK(virtual5("\"a\\\" b\" c") == "key=\"a\\\" b\" value=c");
}

TEST_CASE("postmap(1): a quote in the key must be closed", "[tables][virtual5]") {
  CHECK(virtual5("\"a b c") == "error: a '\"' is not closed in \"\"a b c\" (fix: close the quote)");
  CHECK(virtual5("a \"b") == "key=a value=\"b");
}

TEST_CASE("postmap(1): a key without a value is an error", "[tables][virtual5]") {
  CHECK(virtual5("ann@example.org").starts_with("error: expected white space and a value"));
  CHECK(virtual5("ann@example.org \t\r").starts_with("error: expected white space and a value"));
  CHECK(virtual5("a\\ b").starts_with("error: expected white space and a value"));
  CHECK(virtual5("a\\").starts_with("error: expected white space and a value"));
}

TEST_CASE("postmap(1): a key that ends in ':' is from an aliases(5) file", "[tables][virtual5]") {
  CHECK(virtual5("ann: bob") ==
        "error: the key \"ann:\" ends in ':' (fix: if this is an aliases(5) table, name it in alias-maps, or in "
        "alias_maps of the mirrored primary)");
  CHECK(virtual5("ann:").contains("aliases(5)"));
}

TEST_CASE("local-recipients: the first word of a line is used, without a colon at its end", "[tables][first_word]") {
  CHECK(first_word("ann") == "key=ann value=ann");
  CHECK(first_word("ann: bob") == "key=ann value=bob");
  CHECK(first_word("ann:bob") == "key=ann value=bob");
  CHECK(first_word("ann :bob") == "key=ann value=:bob");
  CHECK(first_word("ann@example.org x y\r") == "key=ann@example.org value=x y");
  CHECK(first_word("\"john doe\": j") == "key=john doe value=j");
  CHECK(first_word("\"john doe\"@example.org j") == "key=john doe@example.org value=j");
  CHECK(first_word("a\\ b c") == "key=a b value=c");
}

TEST_CASE("local-recipients: a line without a name is an error", "[tables][first_word]") {
  CHECK(first_word(": x").starts_with("error: missing name"));
  CHECK(first_word("\"\" x").starts_with("error: missing name"));
  CHECK(first_word("\"ann x").starts_with("error: a '\"' is not closed"));
}

TEST_CASE("errors quote the line in short printable form", "[tables]") {
  const std::string error = aliases5("\x1b[31m" + std::string(500, 'a'));
  CHECK(error.contains("\\x1b[31m"));
  CHECK_FALSE(error.contains('\x1b'));
  CHECK(error.size() < 300);
}

TEST_CASE("aliases(5): the fast path gives the same result as the tokens", "[tables][aliases5]") {
  RandomText random(3);
  for (int i = 0; i < 50000; ++i) {
    // A backslash before a plain first letter only disables the fast path.
    const std::string line = random.of("ab", 1) + random.of("ab.-_+: @,\"(\\", 12) + random.of("ab :,@\"/|\t", 12);
    if (line.empty() || (line[0] != 'a' && line[0] != 'b')) continue;
    INFO(line);
    std::string result = aliases5(line);
    if (result.starts_with("error")) result = "error";
    std::string by_tokens = aliases5('\\' + line);
    if (by_tokens.starts_with("error")) by_tokens = "error";
    REQUIRE(result == by_tokens);
  }
}

TEST_CASE("line formats: any bytes give a result", "[tables]") {
  RandomText random(4);
  for (int i = 0; i < 50000; ++i) {
    const std::string line = i % 2 == 0 ? random.bytes(40) : random.of("ab\"\\: ,@()<>[]", 20);
    CHECK_FALSE(aliases5(line).empty());
    CHECK_FALSE(virtual5(line).empty());
    CHECK_FALSE(first_word(line).empty());
  }
}

}  // namespace
}  // namespace shorthop::test
