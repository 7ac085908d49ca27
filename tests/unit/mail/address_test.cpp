// Addresses: RFC 5321, 4.1.2, and the subset that is supported.
#include "mail/address.h"

#include <random>
#include <string>

#include "support/catch.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop::test {
namespace {

/// "LOCAL-PART DOMAIN" in internal form, or "error: ...".
std::string parsed(std::string_view external) {
  const auto address = Address::parse(external);
  if (!address) return "error: " + address.error().what;
  return std::string(address->local_part()) + ' ' + std::string(address->domain());
}

std::string random_text(std::mt19937& random, std::string_view characters, std::size_t longest) {
  std::string text(random() % (longest + 1), '\0');
  for (char& c : text) c = characters[random() % characters.size()];
  return text;
}

TEST_CASE("RFC 5321, 4.1.2: Mailbox = Local-part \"@\" Domain", "[mail][address]") {
  CHECK(parsed("ann@example.com") == "ann example.com");
  CHECK(parsed("Ann.B+ext@Mail.Example.COM") == "Ann.B+ext Mail.Example.COM");
  CHECK(parsed("!#$%&'*+-/=?^_`{|}~@example.com") == "!#$%&'*+-/=?^_`{|}~ example.com");
  CHECK(parsed("a@b") == "a b");
}

TEST_CASE("RFC 5321, 4.1.2: Quoted-string in the local part", "[mail][address]") {
  CHECK(parsed("\"a b\"@example.com") == "a b example.com");
  CHECK(parsed("\"a@b\"@example.com") == "a@b example.com");
  CHECK(parsed("\"a\\\"b\\\\c\"@example.com") == "a\"b\\c example.com");
  CHECK(parsed("\"ann\"@example.com") == "ann example.com");
  CHECK(parsed("\"a\".\"b\"@example.com") == "a.b example.com");
}

TEST_CASE("RFC 5321, 4.1.2: a text that is not a mailbox is an error", "[mail][address]") {
  for (const char* text : {"",
                           "@",
                           "ann",
                           "ann@",
                           "@example.com",
                           "\"\"@example.com",
                           "ann@example.com.",
                           "ann@.example.com",
                           "ann@example..com",
                           "ann@[192.0.2.1]",
                           "ann@exa mple.com",
                           "ann@example.com ",
                           " ann@example.com",
                           "a b@c",
                           "\"ann@example.com",
                           "ann\"@example.com",
                           "ann\\@example.com",
                           "a@b@c",
                           "a,b@c",
                           "a;b@c",
                           "a:b@c",
                           "<a@b>",
                           "a<b@c",
                           "(x)a@b",
                           "a(x)@b",
                           "a[b@c",
                           "a]b@c",
                           "ann@example.com,bob@example.com",
                           "a\tb@c",
                           "\"a\tb\"@c",
                           "\"a\nb\"@c",
                           "\"a\x7f\"@c",
                           "ann@a\nb",
                           "ann@b\r"}) {
    INFO(text);
    CHECK(parsed(text).starts_with("error: "));
  }
  CHECK(parsed(std::string("a\0b@c", 5)).starts_with("error: "));
  CHECK(parsed(std::string("a@b\0c", 5)).starts_with("error: "));
}

TEST_CASE("RFC 1035, 2.3.4: labels of 63 bytes, names of 255; local parts of 255", "[mail][address]") {
  const std::string label(63, 'a');
  const std::string domain = label + '.' + label + '.' + label + '.' + label;
  CHECK(is_domain(domain));
  CHECK(domain.size() == 255);
  CHECK_FALSE(is_domain(domain + 'a'));
  CHECK_FALSE(is_domain(label + "a"));
  CHECK_FALSE(is_domain("a." + label + "a.b"));
  CHECK(Address::parse(std::string(255, 'a') + "@b"));
  CHECK_FALSE(Address::parse(std::string(256, 'a') + "@b"));
  CHECK_FALSE(Address::parse(std::string(1'000'000, 'a') + "@b"));
}

TEST_CASE("a domain has letters, digits, hyphens, underscores and dots", "[mail][address]") {
  for (const char* domain :
       {"example.com", "a", "1.2.3.4", "_dmarc.example.com", "xn--bcher-kva.example", "A-B.C", "b\u00fccher.example"}) {
    CHECK(is_domain(domain));
  }
  for (const char* domain : {"", ".", "a.", ".a", "a..b", "a/b", "a b", "[1.2.3.4]", "a%b", "a@b",
                             "b\xfc"
                             "cher"}) {
    INFO(domain);
    CHECK_FALSE(is_domain(domain));
  }
}

TEST_CASE("local(8), virtual(5): addresses are compared folded, and shown as written", "[mail][address]") {
  const auto address = Address::parse("Ann.B+Ext@Example.COM");
  REQUIRE(address);
  CHECK(address->key() == "ann.b+ext@example.com");
  CHECK(address->key_local_part() == "ann.b+ext");
  CHECK(address->key_domain() == "example.com");
  CHECK(address->internal() == "Ann.B+Ext@Example.COM");
  CHECK(address->external() == "Ann.B+Ext@Example.COM");
  CHECK(*address == *Address::parse("ann.b+ext@example.com"));
  CHECK_FALSE(*address == *Address::parse("ann.b@example.com"));
  const Address copy = *address;
  CHECK(copy == *address);
  CHECK(copy.key_domain() == "example.com");
}

TEST_CASE("RFC 5321, 4.1.2: a local part that is not a dot-string is quoted", "[mail][address]") {
  CHECK(quoted_local_part("ann.b") == "ann.b");
  CHECK(quoted_local_part("a b") == "\"a b\"");
  CHECK(quoted_local_part(".a") == "\".a\"");
  CHECK(quoted_local_part("a.") == "\"a.\"");
  CHECK(quoted_local_part("a..b") == "\"a..b\"");
  CHECK(quoted_local_part("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(quoted_local_part("a@b") == "\"a@b\"");
  CHECK(quoted_local_part("") == "\"\"");
}

TEST_CASE("RFC 5321, 4.1.2: an address in external form is parsed back unchanged", "[mail][address]") {
  std::mt19937 random(1);
  int addresses = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string local = random_text(random, "ab.\"\\ @<>()[],;:%!+", 8);
    const auto address = Address::from_parts(local, "example.com");
    if (!address) continue;
    ++addresses;
    INFO(local);
    CHECK(address->local_part() == local);
    const auto again = Address::parse(address->external());
    REQUIRE(again);
    REQUIRE(again->internal() == address->internal());
    // The text sent to the MTA has one '@' outside of quotes, and nothing that would end the path.
    bool quoted = false;
    int ats = 0;
    const std::string external = address->external();
    for (std::size_t k = 0; k < external.size(); ++k) {
      if (quoted && external[k] == '\\') {
        ++k;
      } else if (external[k] == '"') {
        quoted = !quoted;
      } else if (!quoted) {
        ats += external[k] == '@';
        REQUIRE(std::string_view("<>(),;: \\").find(external[k]) == std::string_view::npos);
      }
    }
    REQUIRE_FALSE(quoted);
    REQUIRE(ats == 1);
  }
  CHECK(addresses > 50'000);
}

TEST_CASE("from_parts applies the same checks as parse", "[mail][address]") {
  CHECK(Address::from_parts("a@b", "c"));
  for (const auto& [local, domain] : {std::pair{"", "b"}, {"a", ""}, {"a", "b c"}, {"a\n", "b"}, {"a", "b@c"}}) {
    CHECK_FALSE(Address::from_parts(local, domain));
  }
}

TEST_CASE("RFC 6531, 3.3: non-ASCII local parts and domains", "[mail][address]") {
  const auto address = Address::parse("J\u00d6rg.X@B\u00dccher.Example");
  REQUIRE(address);
  CHECK(address->internal() == "J\u00d6rg.X@B\u00dccher.Example");
  CHECK(address->key() == "j\u00f6rg.x@b\u00fccher.example");
  CHECK(address->key_local_part() == "j\u00f6rg.x");
  CHECK(address->key_domain() == "b\u00fccher.example");
  CHECK(address->a_label_domain() == "xn--bcher-kva.example");
  CHECK_FALSE(address->is_ascii());
  CHECK(address->external() == address->internal());
  CHECK(*address == *Address::parse("j\u00f6rg.x@b\u00fccher.EXAMPLE"));
  // SMTPUTF8_README: Postfix treats a U-label and its A-label as two domains.
  CHECK_FALSE(*address == *Address::parse("j\u00f6rg.x@XN--bcher-kva.example"));
  CHECK(Address::parse("ann@XN--Bcher-kva.example")->a_label_domain() == "xn--bcher-kva.example");
  CHECK(Address::parse("ann@Example.COM")->a_label_domain() == "example.com");
  CHECK(Address::parse("j\u00f6rg@Example.COM")->a_label_domain() == "example.com");
  // Full folding changes the length, so the '@' of the key is not where the '@' of the text is.
  const auto sharp = Address::parse("Stra\u00dfe@example.com");
  CHECK(sharp->key() == "strasse@example.com");
  CHECK(sharp->key_domain() == "example.com");
  CHECK(sharp->domain() == "example.com");
}

TEST_CASE("RFC 6531, RFC 5891: invalid UTF-8, invalid U-labels and controls are errors", "[mail][address]") {
  for (const char* text :
       {"j\xf6rg@example.com",
        "a@b\xfc"
        "cher.example",
        "a\xc2\x85@example.com", "a@\u200b.example", "a@\u00fc\u3002\u3002example", "a@-\u00fc.example"}) {
    INFO(text);
    CHECK_FALSE(Address::parse(text));
  }
}

TEST_CASE("any bytes give an address in UTF-8 without controls, or an error", "[mail][address]") {
  std::mt19937 random(2);
  for (int i = 0; i < 100'000; ++i) {
    std::string text(random() % 12, '\0');
    for (char& c : text) c = static_cast<char>(random() % 256);
    if (i % 2 == 0) text += "@example.com";
    const auto address = Address::parse(text);
    if (!address) continue;
    for (const char c : address->external()) REQUIRE(((c < 0 || c >= 0x20) && c != 0x7f));
    REQUIRE(is_utf8(address->external()));
    REQUIRE(is_ascii(address->a_label_domain()));
  }
}

TEST_CASE("unquoted_local_part: removes quotes and backslashes", "[mail][address]") {
  CHECK(unquoted_local_part("\"a b\"") == "a b");
  CHECK(unquoted_local_part("a\\ b") == "a b");
  CHECK(unquoted_local_part("a") == "a");
  for (const char* text : {"\"a", "a\"", "a\\", "\"a\\", "a b", "a@b", "a<", "a>", "a,b"}) {
    INFO(text);
    CHECK_FALSE(unquoted_local_part(text));
  }
}

TEST_CASE("postconf(5) allow_percent_hack, swap_bangpath: an address inside a local part", "[mail][address]") {
  CHECK(Address::from_parts("user%example.net", "example.org")->has_routing_operator());
  CHECK(Address::from_parts("host!user", "example.org")->has_routing_operator());
  CHECK(Address::from_parts("user@example.net", "example.org")->has_routing_operator());
  CHECK_FALSE(Address::from_parts("user+ext.x-y=z", "example.org")->has_routing_operator());
}

}  // namespace
}  // namespace shorthop::test
