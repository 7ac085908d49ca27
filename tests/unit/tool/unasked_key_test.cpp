// Keys of tables that no recipient ever matches.
#include "tool/doctor/unasked_key.h"
#include "support/catch.h"

using namespace shorthop;
using namespace shorthop::tool;

namespace {

bool is_asked(std::string_view key, KeyContext context = {}) { return !why_never_asked(key, context); }

constexpr KeyContext alias{KeyRole::local_alias, Profile::postfix, false};
constexpr KeyContext database{KeyRole::virtual_alias, Profile::postfix, true};
constexpr KeyContext virtusertable{KeyRole::virtual_alias, Profile::sendmail, false};

}  // namespace

TEST_CASE("virtual(5): user@domain, user, @domain and the domain itself are looked up", "[tool][unasked]") {
  for (const std::string_view key :
       {"user@example.org", "User@Example.ORG", "user", "first.last", "@example.org", "example.org",
        "user+ext@a.example", "\"john doe\"@example.org", "\"john doe\"", "j\u00f6rg@example.org",
        "user@b\u00fccher.example", "=?x@example.org", "1@example.org", "user@[192.0.2.1]"}) {
    CAPTURE(key);
    CHECK(is_asked(key));
  }
}

TEST_CASE("virtual(5): leftovers of an editor, an export or another syntax are not looked up", "[tool][unasked]") {
  for (const std::string_view key : {"\xEF\xBB\xBFuser@example.org",
                                     "\xEF\xBB\xBF#",
                                     "*@example.org",
                                     "list-*@example.org",
                                     "*",
                                     "\"x@example.org\"",
                                     "\"john doe@example.org\"",
                                     "john doe@example.org",
                                     "user@example.org,",
                                     "user@example.org.",
                                     "<user@example.org>",
                                     "a@b@example.org",
                                     "@",
                                     "@example.org,",
                                     "@*",
                                     ".example.org",
                                     "/^user@example\\.org$/",
                                     "+-----+-----+",
                                     "|",
                                     "user\xC2\xA0@example.org",
                                     "us\xE2\x80\x8B"
                                     "er@example.org"}) {
    CAPTURE(key);
    CHECK_FALSE(is_asked(key));
  }
}

TEST_CASE("a database is searched in lower case, a text is folded when it is read", "[tool][unasked]") {
  CHECK(is_asked("User@example.org"));
  CHECK_FALSE(is_asked("User@example.org", database));
  CHECK_FALSE(is_asked("USER", {KeyRole::local_alias, Profile::postfix, true}));
  CHECK(is_asked("user@example.org", database));
}

TEST_CASE("aliases(5) are looked up by names", "[tool][unasked]") {
  CHECK(is_asked("user", alias));
  CHECK(is_asked("owner-list", alias));
  CHECK(is_asked("john doe", alias));
  CHECK_FALSE(is_asked("user@example.org", alias));
  CHECK_FALSE(is_asked("*", alias));
  CHECK_FALSE(is_asked("\xEF\xBB\xBFuser", alias));
}

TEST_CASE("virtusertable has its own patterns, and no bare names", "[tool][unasked]") {
  for (const std::string_view key : {"user@example.org", "@example.org", "user+*@example.org", "user++@example.org",
                                     "+*@example.org", "++@example.org"}) {
    CAPTURE(key);
    CHECK(is_asked(key, virtusertable));
  }
  for (const std::string_view key : {"user", "*@example.org", "us*er+*@example.org", "user+*@example,org"}) {
    CAPTURE(key);
    CHECK_FALSE(is_asked(key, virtusertable));
  }
}

TEST_CASE("the header line of an export is distinguished from an alias", "[tool][unasked]") {
  CHECK(is_head_line("source", "destination"));
  CHECK(is_head_line("Address", "goto,domain,active"));
  CHECK_FALSE(is_head_line("source", "user@example.com"));
  CHECK_FALSE(is_head_line("info", "target"));
}
