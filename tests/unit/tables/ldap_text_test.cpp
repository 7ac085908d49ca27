// Keys in filters (RFC 4515) and in distinguished names (RFC 4514), and descriptions of attributes.
#include "tables/text/ldap_text.h"

#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("RFC 4515: a quoted key cannot end or extend a filter", "[tables][ldap]") {
  CHECK(quoted_for_filter("ann@example.org") == "ann@example.org");
  CHECK(quoted_for_filter("*)(uid=*") == "\\2a\\29\\28uid=\\2a");
  CHECK(quoted_for_filter("\\2a") == "\\5c2a");
  CHECK(quoted_for_filter("\xc3\xa9|&!~<>=\"") == "\xc3\xa9|&!~<>=\"");
}

TEST_CASE("RFC 4514: a quoted key cannot end or extend a distinguished name", "[tables][ldap]") {
  CHECK(quoted_for_dn("ann") == "ann");
  CHECK(quoted_for_dn("x,dc=org") == "x\\2cdc=org");
  CHECK(quoted_for_dn(" #\"+;<>\\\t") == "\\20\\23\\22\\2b\\3b\\3c\\3e\\5c\\09");
}

TEST_CASE("RFC 4512, 2.5: a description matches the wanted one, with or without further options", "[tables][ldap]") {
  CHECK(is_attribute_of("mail", "MAIL"));
  CHECK(is_attribute_of("mail", "mail;lang-en"));
  CHECK(is_attribute_of("mail;lang-en", "mail;LANG-EN;x"));
  CHECK_FALSE(is_attribute_of("mail", "mailAlias"));
  CHECK_FALSE(is_attribute_of("mail;lang-en", "mail"));
}

}  // namespace shorthop::test
