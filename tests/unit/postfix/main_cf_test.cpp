// main.cf as text: one entry of a list is added or removed, and every other byte stays (postconf(5), "Basic format").
#include "postfix/main_cf.h"

#include "support/catch.h"

using namespace shorthop;

namespace {

constexpr std::string_view entry = "{ unix:shorthop/milter.sock, default_action=accept }";

bool is_ours(const MilterEntry& one) { return one.milter == "unix:shorthop/milter.sock"; }

/// The text with the entry of shorthop in smtpd_milters.
std::string with(std::string_view text) { return with_entry(text, "smtpd_milters", entry); }
/// The text without the entry of shorthop in smtpd_milters.
std::string without(std::string_view text, bool drop_empty = false) {
  return without_entries(text, "smtpd_milters", is_ours, drop_empty);
}

std::string value(std::string_view text) {
  const auto found = parameter_in(text, "smtpd_milters");
  return found ? found->value : "(not there)";
}

}  // namespace

TEST_CASE("an entry is added after the last byte of the value, and removing it restores the same bytes",
          "[postfix][main-cf]") {
  for (const std::string_view text : {
           "smtpd_milters =\n",
           "smtpd_milters = \n",
           "smtpd_milters = inet:localhost:8891\n",
           "smtpd_milters=inet:localhost:8891   \nmyhostname = mail.example.com\n",
           "smtpd_milters = inet:localhost:8891",
           "smtpd_milters = { inet:localhost:8891, connect_timeout=5s }, unix:spf/spf.sock\nmynetworks = 127.0.0.0/8\n",
           "smtpd_milters =\n    inet:localhost:8891\n    # a comment within\n\n    $spam_milter\nmydomain = "
           "example.com\n",
           "smtpd_milters = inet:a:1,\n\t{ inet:b:2,\n\t  default_action=tempfail }\n# the end\n",
           "# smtpd_milters = unix:old\nsmtpd_milters = a:b\nsmtpd_milters = inet:localhost:1\n",
       }) {
    CAPTURE(text);
    const std::string changed = with(text);
    CHECK(changed.size() > text.size() + entry.size());
    CHECK(value(changed).ends_with(entry));
    CHECK(milter_entries(value(changed)).size() == milter_entries(value(text)).size() + 1);
    CHECK(without(changed) == text);
  }
}

TEST_CASE("a list that is not set becomes a new line at the end", "[postfix][main-cf]") {
  CHECK(with("mydomain = example.com\n") ==
        "mydomain = example.com\nsmtpd_milters = { unix:shorthop/milter.sock, default_action=accept }\n");
  CHECK(with("mydomain = example.com") ==
        "mydomain = example.com\nsmtpd_milters = { unix:shorthop/milter.sock, default_action=accept }\n");
  CHECK(without(with("mydomain = example.com\n"), true) == "mydomain = example.com\n");
  CHECK(without(with("mydomain = example.com\n"), false) == "mydomain = example.com\nsmtpd_milters =\n");
  CHECK(with("non_smtpd_milters = inet:a:1\n").starts_with("non_smtpd_milters = inet:a:1\nsmtpd_milters = "));
}

TEST_CASE("a list that ends in a comma still ends in one comma after an addition", "[postfix][main-cf]") {
  const std::string text = "smtpd_milters = inet:a:1,\n";
  CHECK(value(with(text)) == "inet:a:1, { unix:shorthop/milter.sock, default_action=accept },");
  CHECK(without(with(text)) == text);
}

TEST_CASE("an entry is removed from any place of a list, and the rest is a valid list", "[postfix][main-cf]") {
  CHECK(without("smtpd_milters = unix:shorthop/milter.sock, inet:a:1\n") == "smtpd_milters = inet:a:1\n");
  CHECK(without("smtpd_milters = inet:a:1 unix:shorthop/milter.sock inet:b:2\n") ==
        "smtpd_milters = inet:a:1 inet:b:2\n");
  CHECK(without("smtpd_milters = inet:a:1,\n  unix:shorthop/milter.sock,\n  inet:b:2\nx = y\n") ==
        "smtpd_milters = inet:a:1,\n  inet:b:2\nx = y\n");
  CHECK(without("smtpd_milters = inet:a:1,\n  unix:shorthop/milter.sock, inet:b:2\n") ==
        "smtpd_milters = inet:a:1,\n  inet:b:2\n");
  CHECK(without("smtpd_milters = inet:a:1,\n# ours\n  { unix:shorthop/milter.sock }\nx = y\n") ==
        "smtpd_milters = inet:a:1,\n# ours\nx = y\n");
  CHECK(without("smtpd_milters = unix:shorthop/milter.sock\n  unix:shorthop/milter.sock\n", true).empty());
}

TEST_CASE("text that only looks like the list stays", "[postfix][main-cf]") {
  for (const std::string_view text : {
           "non_smtpd_milters = unix:shorthop/milter.sock\n",
           "#smtpd_milters = unix:shorthop/milter.sock\n",
           "  # smtpd_milters = unix:shorthop/milter.sock\n",
           "other = a\n smtpd_milters = unix:shorthop/milter.sock\n",
           "smtpd_milters_too = unix:shorthop/milter.sock\n",
           "smtpd_milters = unix:shorthop/milter.sock2\n",
       }) {
    CHECK(without(text, true) == text);
  }
}

TEST_CASE("the last assignment of a name is used, as in Postfix", "[postfix][main-cf]") {
  const auto found = parameter_in("a = 1\nsmtpd_milters = x\n\n a\nb = 2\nsmtpd_milters = y\n", "smtpd_milters");
  REQUIRE(found);
  CHECK(found->value == "y");
  CHECK(found->line == 6);
}
