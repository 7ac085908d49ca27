// Right-hand sides: aliases(5), virtual(5), local(8), and Postfix's global/tok822_parse.c and local/token.c.
#include "tables/text/target.h"

#include "support/table_texts.h"

namespace shorthop::test {
namespace {

std::string as_local8(std::string_view text) { return shown(parse_targets(text, Dialect::local8)); }
std::string as_virtual5(std::string_view text) { return shown(parse_targets(text, Dialect::virtual5)); }

/// Both dialects, which must agree.
std::string both(std::string_view text) {
  const std::string result = as_local8(text);
  return result == as_virtual5(text) ? result : "local8: " + result + ", virtual5: " + as_virtual5(text);
}

std::string why_unreadable(std::string_view text, Dialect dialect) {
  const auto targets = parse_targets(text, dialect);
  if (targets.size() != 1) return "not one target: " + shown(targets);
  const auto* unreadable = std::get_if<UnreadableTarget>(&targets.front());
  return unreadable ? unreadable->what : "readable: " + shown(targets);
}

TEST_CASE("virtual(5), aliases(5): targets are separated by commas", "[tables][target]") {
  CHECK(both("ann@example.com") == "address ann@example.com");
  CHECK(both("ann, bob@example.com,carl") == "address ann | address bob@example.com | address carl");
  CHECK(both(" ann ,\tbob \r") == "address ann | address bob");
  CHECK(both("ann,,bob,") == "address ann | address bob");
}

TEST_CASE("RFC 5322, 3.4: \"Name <address>\" and \"address (comment)\"", "[tables][target]") {
  CHECK(both("Ann B. <ann@example.com>") == "address ann@example.com");
  CHECK(both("\"B, Ann\" <ann@example.com>, bob") == "address ann@example.com | address bob");
  CHECK(both("<ann@example.com>") == "address ann@example.com");
  CHECK(both("ann@example.com (Ann, of (the) house)") == "address ann@example.com");
  CHECK(both("ann(x)@example.com") == "address ann@example.com");
  CHECK(both("(only a comment), ann") == "address ann");
  CHECK(both("ann @ example . com") == "address ann@example.com");
}

TEST_CASE("RFC 5321, 4.1.2: a quoted local part stays quoted", "[tables][target]") {
  CHECK(both("\"a b\"@example.com") == "address \"a b\"@example.com");
  CHECK(both("\"a, b\"@example.com, c") == "address \"a, b\"@example.com | address c");
  CHECK(both("\"ann\"@example.com") == "address ann@example.com");
  CHECK(both("a\\ b@example.com") == "address \"a b\"@example.com");
  // Quoted as a whole, it is a local part for cleanup(8), but local(8) finds the address inside of it.
  CHECK(as_local8("\"ann@example.com\"") == "address \"ann@example.com\"");
  CHECK(as_virtual5("\"ann@example.com\"").starts_with("unreadable "));
  CHECK(both("ann\"@example.com\"").starts_with("unreadable "));
  CHECK(both("\"ann b@example.com\"") == "address \"ann b@example.com\"");
}

TEST_CASE("aliases(5): a command begins with '|', and may be quoted", "[tables][target]") {
  CHECK(as_local8("|/usr/bin/vacation") == "command \"|/usr/bin/vacation\"");
  CHECK(as_local8("\"|/usr/bin/vacation -a x, ann\", ann") == "command \"|/usr/bin/vacation -a x, ann\" | address ann");
  CHECK(as_local8("\"| spaced\"") == "command \"|spaced\"");
  CHECK(as_local8("|/bin/cmd with arguments, ann") == "command \"|/bin/cmd with arguments\" | address ann");
}

TEST_CASE("aliases(5), local(8): a target that begins with '/' or '~/' is a file", "[tables][target]") {
  CHECK(as_local8("/var/mail/archive.mbox") == "file /var/mail/archive.mbox");
  CHECK(as_local8("\"/var/mail/with space\"") == "file /var/mail/with space");
  CHECK(as_local8("~/Maildir/") == "file ~/Maildir/");
  CHECK(as_local8("</var/mail/x>") == "file /var/mail/x");
}

TEST_CASE("aliases(5): :include:/file/name, quoted or not, in any case", "[tables][target]") {
  CHECK(as_local8(":include:/etc/list") == "include :include:/etc/list");
  CHECK(as_local8("\":include:/etc/my list.txt\"") == "include :include:/etc/my list.txt");
  CHECK(as_local8(":Include:/etc/list.txt, ann") == "include :include:/etc/list.txt | address ann");
  CHECK(why_unreadable(":include:", Dialect::local8) == "groups and routes are not supported");
}

TEST_CASE("local(8): \\user is the mailbox on the primary", "[tables][target]") {
  CHECK(as_local8("\\ann, bob@example.com") == "mailbox \\ann | address bob@example.com");
  CHECK(as_local8("\"\\ann\"") == "mailbox \\ann");
  CHECK(why_unreadable("\\ann@example.com", Dialect::local8).starts_with("a backslash"));
  CHECK(why_unreadable("\\ann", Dialect::virtual5).starts_with("a backslash"));
}

TEST_CASE("virtual(5): all targets are addresses", "[tables][target]") {
  for (const char* text : {"|cmd", "\"|cmd x\"", "/var/mail/x", "~/x", ":include:/etc/list"}) {
    INFO(text);
    CHECK(why_unreadable(text, Dialect::virtual5) == "virtual(5) takes addresses only");
  }
}

TEST_CASE("virtual(5): \"@domain\" alone keeps the local part of the address", "[tables][target]") {
  CHECK(as_virtual5("@example.net") == "address @example.net");
  CHECK(why_unreadable("@example.net", Dialect::local8) == "a part of the address is missing");
  CHECK(as_virtual5("@example.net, ann") == "unreadable @example.net | address ann");
}

TEST_CASE("text that cannot be parsed is unreadable, with a reason", "[tables][target]") {
  const auto why = [](std::string_view text) { return why_unreadable(text, Dialect::local8); };
  CHECK(why("<ann@a> bob") == "angle brackets are valid only as in \"Name <address>\"");
  CHECK(why("ann@a>") == "angle brackets are valid only as in \"Name <address>\"");
  CHECK(why("<ann@a") == "angle brackets are valid only as in \"Name <address>\"");
  CHECK(why("<@a,@b:ann@c>") == "groups and routes are not supported");
  CHECK(why("ann@[192.0.2.1]") == "domain literals are not supported");
  CHECK(why("ann@a@b") == "there is more than one '@'");
  CHECK(why("ann@") == "a part of the address is missing");
  CHECK(why("@example.com") == "a part of the address is missing");
  CHECK(why("<>") == "the address is empty");
  CHECK(why("\"\"") == "the address is empty");
  CHECK(why("\"ann@example.com") == "a quote, comment or bracket is not closed");
  CHECK(why("ann (bob, carl") == "a quote, comment or bracket is not closed");
  CHECK(why("ann\v") == "there is a control character");
  CHECK(why("ann)@x") == "a bracket is not balanced");
  CHECK(why("ann@\"example.com\"") == "the domain is quoted");
  CHECK(shown(parse_targets("staff: ann, bob;", Dialect::local8)) == "unreadable staff: ann | unreadable bob;");
}

TEST_CASE("a right-hand side without a target is unreadable, never empty", "[tables][target]") {
  for (const char* text : {"", " ", ",", "(nobody)", " , ,"}) {
    INFO(text);
    for (const Dialect dialect : {Dialect::local8, Dialect::virtual5}) {
      CHECK(why_unreadable(text, dialect) == "there is no address");
      CHECK_FALSE(text_of(parse_targets(text, dialect).front()).empty());
    }
  }
}

TEST_CASE("dict_utf8: Postfix ignores a value that is not UTF-8, so all of it is unreadable", "[tables][target]") {
  CHECK(why_unreadable("\"J\xfcrgen\" <ann@example.com>", Dialect::virtual5).contains("UTF-8"));
  CHECK(both("\"J\xc3\xbcrgen\" <ann@example.com>") == "address ann@example.com");
}

TEST_CASE("routing operators are left to the resolver", "[tables][target]") {
  CHECK(both("ann%example.net@example.com") == "address ann%example.net@example.com");
  CHECK(both("host!ann") == "address host!ann");
}

TEST_CASE("a list of more than 1 MiB is not read", "[tables][target]") {
  CHECK(why_unreadable(std::string((1 << 20) + 1, 'a'), Dialect::virtual5) == "it is longer than 1 MiB");
  CHECK(parse_targets(std::string((1 << 20) + 1, ','), Dialect::virtual5).size() == 1);
}

TEST_CASE("local(8): a .forward file has one list per line, and comments", "[tables][target][forward]") {
  CHECK(shown(parse_target_lines("# mine\n\\ann\nann@example.com, \"|/bin/x y\"\r\n\n/var/mail/copy")) ==
        "mailbox \\ann | address ann@example.com | command \"|/bin/x y\" | file /var/mail/copy");
  CHECK(parse_target_lines("").empty());
  CHECK(parse_target_lines("#x\n\n \n").empty());
}

TEST_CASE("token.c: '#' begins a comment in the first column only, and there are no continuation lines",
          "[tables][target][forward]") {
  CHECK(shown(parse_target_lines(" #ann")) == "address #ann");
  CHECK(shown(parse_target_lines("ann,\n  bob")) == "address ann | address bob");
  CHECK(shown(parse_target_lines("\"a\nb\"")) == "unreadable \"a | unreadable b\"");
}

TEST_CASE("postconf(5) line_length_limit: Postfix cuts a line of a .forward file at 2048 bytes",
          "[tables][target][forward]") {
  const std::string longest(2047, 'a');
  CHECK(shown(parse_target_lines(longest + "\nbob")) == "address " + longest + " | address bob");
  const auto targets = parse_target_lines(longest + "a\nbob");
  REQUIRE(targets.size() == 2);
  CHECK(std::holds_alternative<UnreadableTarget>(targets[0]));
}

TEST_CASE("a NUL byte makes a list unreadable", "[tables][target]") {
  using namespace std::string_literals;
  CHECK(why_unreadable("ann\0bob"s, Dialect::local8) == "there is a NUL byte");
  CHECK(std::holds_alternative<UnreadableTarget>(parse_target_lines("ann\0@x\n"s).at(0)));
}

TEST_CASE("the fast path reads plain lists like the tokens do", "[tables][target]") {
  RandomText random(5);
  for (int i = 0; i < 50000; ++i) {
    const std::string list = random.of("ab1.-_+=@, \t\v,,@@", 16);
    INFO(list);
    // An empty comment in front disables the fast path, and changes nothing else.
    REQUIRE(as_virtual5(list).substr(0, 7) == as_virtual5("()," + list).substr(0, 7));
    if (only_plain_addresses(list)) REQUIRE(both(list) == both("()," + list));
  }
}

TEST_CASE("with too many targets the first are read, and a marker says that there are more", "[tables][target]") {
  RandomText random(8);
  for (int i = 0; i < 50000; ++i) {
    const std::string list = random.of("ab1.@, \t\",,<>|/:()", 24);
    INFO(list);
    const std::string lines = list + "\n" + list;
    for (const bool are_lines : {false, true}) {
      const auto all = are_lines ? parse_target_lines(lines) : parse_targets(list, Dialect::local8);
      for (const std::size_t most : {1U, 2U, 3U, 30U}) {
        const auto read = are_lines ? parse_target_lines(lines, most) : parse_targets(list, Dialect::local8, most);
        auto expected = all;
        if (all.size() > most) {
          expected.resize(most);
          expected.emplace_back(FurtherTargets{most});
        }
        REQUIRE(read == expected);
      }
    }
  }
}

TEST_CASE("targets: any bytes give a list that can be shown", "[tables][target]") {
  RandomText random(6);
  for (int i = 0; i < 50000; ++i) {
    const std::string list = i % 3 == 0 ? random.bytes(40) : random.of("ab@,.:;<>()[]\"\\|%!/~ \t\n", 24);
    for (const Dialect dialect : {Dialect::local8, Dialect::virtual5}) {
      const auto targets = parse_targets(list, dialect);
      REQUIRE_FALSE(targets.empty());
      for (const Target& target : targets) {
        REQUIRE_FALSE(text_of(target).empty());
        const bool special =
            std::holds_alternative<CommandTarget>(target) || std::holds_alternative<FileTarget>(target) ||
            std::holds_alternative<IncludeTarget>(target) || std::holds_alternative<MailboxTarget>(target);
        REQUIRE((dialect == Dialect::local8 || !special));
      }
    }
    for (const Target& target : parse_target_lines(list)) REQUIRE_FALSE(text_of(target).empty());
  }
}

TEST_CASE("prescan in sendmail/parseaddr.c: addresses without a comma between them are marked", "[tables][target]") {
  const auto lacks_comma = [](std::string_view text) {
    std::string marks;
    for (const Target& target : parse_targets(text, Dialect::local8)) {
      const auto* address = std::get_if<AddressTarget>(&target);
      marks += address == nullptr ? '?' : address->lacks_comma ? '1' : '0';
    }
    return marks;
  };
  CHECK(lacks_comma("ann@example.com, bob@example.com") == "00");
  CHECK(lacks_comma("ann@example.com bob@example.com, carol") == "110");
  CHECK(lacks_comma("Ann Smith <ann@example.com>, bob@example.com (his)") == "00");
}

TEST_CASE("a parsed address is parsed again unchanged", "[tables][target]") {
  RandomText random(7);
  for (int i = 0; i < 50000; ++i) {
    for (const Target& target : parse_targets(random.of("ab@.<>(\"\\ \",", 14), Dialect::local8)) {
      if (!std::holds_alternative<AddressTarget>(target)) continue;
      INFO(text_of(target));
      Target alone = target;
      std::get<AddressTarget>(alone).lacks_comma = false;  // text_of() has no address beside it
      REQUIRE(parse_targets(text_of(target), Dialect::local8) == std::vector<Target>{alone});
    }
  }
}

}  // namespace
}  // namespace shorthop::test
