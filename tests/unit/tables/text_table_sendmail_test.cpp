// Text tables in the formats of Sendmail's newaliases(1) and makemap(8).
#include "support/table_texts.h"
#include "tables/text/text_table.h"

namespace shorthop::test {

TEST_CASE("Sendmail's newaliases: an indented line continues the one before it, also a comment",
          "[tables][text_table]") {
  const Loaded table(
      "# a comment\n  bob: taken\nann: a@example.com,\n\tb@example.com, \\\nc@example.com\n"
      "# another\nbob: d@example.com\n",
      TextFormat::sendmail_aliases);
  CHECK(table.said() == "");
  CHECK(table.answer("ann") == "a@example.com,\tb@example.com, c@example.com :3");
  CHECK(table.answer("bob") == "d@example.com :7");
}

TEST_CASE("Sendmail's newaliases: a continuation without a line before it, and a line that is too long",
          "[tables][text_table]") {
  const Loaded table("ann: a@example.com\n\n  bob: b@example.com\nlong: " + std::string(8000, 'x') + "\n",
                     TextFormat::sendmail_aliases);
  CHECK(table.said().contains("/t:2: warning: the line starts with white space, and there is no line to continue"));
  CHECK(table.answer("long").starts_with("failed: "));
  CHECK(table.said().contains("/t:4: warning: the line is longer than 8000 bytes"));
}

TEST_CASE("Sendmail's newaliases: the name of an alias is an address, of which the local part is the key",
          "[tables][text_table]") {
  const auto is_kept = [](const std::string& name, const char* key) {
    const Loaded table(name + ": bob\ncarl: dora\n", TextFormat::sendmail_aliases);
    CHECK(table.answer("carl") == "dora :2");
    CHECK(table.answer("other") == "absent");
    CHECK(table.said().contains("write the local part alone"));
    return table.answer(key).starts_with("failed: text:/t:1: ");
  };
  CHECK(is_kept("ann@example.org", "ann"));
  CHECK(is_kept("Ann@localhost", "ann"));
  CHECK(is_kept("Ann Smith <ann>", "ann"));
  CHECK(is_kept("\"Smith, Ann\" <first.last@example.org>", "first.last"));
  CHECK(is_kept("ann (the boss)", "ann"));
  CHECK(is_kept("\"ann\"", "ann"));
  const Loaded last_wins("ann: bob\nann@example.org: carl\n", TextFormat::sendmail_aliases);
  CHECK(last_wins.answer("ann").starts_with("failed"));
}

TEST_CASE("Sendmail's newaliases: a name that cannot be reduced to a word may be any key that is absent otherwise",
          "[tables][text_table]") {
  for (const char* name : {"host!ann", "ann%example.org@localhost", "<@a,@b:ann@c>", "a, b", ""}) {
    const Loaded table("carl: dora\n" + std::string(name) + ": bob\n", TextFormat::sendmail_aliases);
    INFO(name);
    CHECK(table.answer("carl") == "dora :1");
    CHECK(table.answer("ann").starts_with("failed: text:/t:2: this line may be an entry for"));
  }
  CHECK(Loaded("carl: dora\nno colon\n", TextFormat::sendmail_aliases).answer("no") == "absent");
}

TEST_CASE("Sendmail's tables: a duplicate key fails", "[tables][text_table]") {
  for (const auto format : {TextFormat::sendmail_aliases, TextFormat::virtusertable}) {
    const char* colon = format == TextFormat::sendmail_aliases ? ":" : "";
    const Loaded table(std::string("ann") + colon + " one\nbob" + colon + " two\nAnn" + colon + " three\n", format);
    CHECK(table.said().contains("/t:3: warning: duplicate key \"Ann\", first in line 1"));
    CHECK(table.answer("ann").starts_with("failed"));
    CHECK(table.answer("bob") == "two :2");
  }
}

TEST_CASE("makemap(8): each line is one entry, and error: is an ordinary value", "[tables][text_table]") {
  const Loaded table("# c\n\njoe@a.org\terror:nouser 550 No such user\n@a.org %1@b.org\n", TextFormat::virtusertable);
  CHECK(table.said() == "");
  CHECK(table.answer("joe@a.org") == "error:nouser 550 No such user :3");
  CHECK(table.answer("@a.org") == "%1@b.org :4");
}

}  // namespace shorthop::test
