// The text of a sendmail.cf, line by line: Sendmail Installation and Operation Guide, 5.
#include "load/mirror/sendmail_cf.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/catch.h"

namespace shorthop::test {
namespace {

std::string shown_class(const SendmailCf& cf, std::string_view name) {
  const auto found = cf.classes.find(name);
  if (found == cf.classes.end()) return "none";
  std::string text = fmt::format("{}", fmt::join(found->second.words, " "));
  for (const ClassFile& file : found->second.files) {
    text += fmt::format(" <{}{}>", file.source, file.pattern.empty() ? "" : " " + file.pattern);
  }
  return text;
}

std::string shown_map(const CfMap& map) {
  return fmt::format("{} [{}] {}", map.type, fmt::join(map.flags, " "), map.file);
}

std::string shown_alias_files(std::string_view value) {
  std::string text;
  for (const CfMap& map : parse_alias_files(value)) text += (text.empty() ? "" : ", ") + shown_map(map);
  return text;
}

std::string words(std::string_view text, std::string_view pattern) {
  std::vector<std::string> found;
  if (!append_class_words(text, pattern, found)) return "another pattern";
  return fmt::format("{}", fmt::join(found, " "));
}

}  // namespace

TEST_CASE("op.me 5.3: C and F lines make a class", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf(
      "# Cwnot.example\n"
      "Cwlocalhost\n"
      "Fw/etc/mail/local-host-names %[^\\#]\n"
      "C{w}example.org  lists.example.org\n"
      "FR-o /etc/mail/relay-domains %[^\\#]\n"
      "F{VirtHost}/etc/mail/virtdomains\n"
      "FX|/usr/bin/names -a\n"
      "C{open word\n");
  CHECK(shown_class(cf, "w") == "localhost example.org lists.example.org </etc/mail/local-host-names %[^#]>");
  CHECK(shown_class(cf, "R") == " </etc/mail/relay-domains %[^#]>");
  CHECK(shown_class(cf, "VirtHost") == " </etc/mail/virtdomains>");
  CHECK(shown_class(cf, "X") == " <|/usr/bin/names -a>");
  CHECK(cf.classes.size() == 4);
}

TEST_CASE("op.me 5: a line that starts with white space continues the one before", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf(
      "Mlocal,\t\tP=/usr/bin/procmail, F=lsDFMAw5:/|@qSPfhn9, S=EnvFromL,\n"
      "\t\tT=DNS/RFC822/X-Unix,\n"
      "\t\tA=procmail -a $h -d $u\n"
      "Cw one\n"
      "   two\n");
  CHECK(cf.mailers.at("local").flags == "lsDFMAw5:/|@qSPfhn9");
  CHECK(shown_class(cf, "w") == "one two");
}

TEST_CASE("readcf.c: a comment ends with its physical line, and may be on a continuation line", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf(
      "Cwone # ours\n"
      "\ttwo # theirs\n"
      "\t# none\n"
      "\tthree\n"
      "O AliasFile=/etc/mail/aliases # all\n"
      "\t, /etc/mail/lists\n"
      "#Cwfour\n"
      "\tfive\n"
      "Cwsix\\# seven#\n");
  CHECK(shown_class(cf, "w") == "one two three six# seven");
  CHECK(shown_alias_files(cf.option("aliasfile")) == "implicit [] /etc/mail/aliases, implicit [] /etc/mail/lists");
}

TEST_CASE("op.me 5.1: the sides of a rule are separated by tabs", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf(
      "SParse1\n"
      "R$+ < @ $=w . >\t\t$#local $: $1\tregular local name\n"
      "R<@> $+ + $+ < @ $* . >\n"
      "\t\t\t$: < $(virtuser $1 + + @ $3 $: @ $) >\n"
      "Slocaladdr=5\n"
      "R< > $+\t\t\t$: < $H > $1\ttry hub\n");
  REQUIRE(cf.rules.size() == 3);
  CHECK(cf.rules[0].ruleset == "Parse1");
  CHECK(cf.rules[0].pattern == "$+ < @ $=w . >");
  CHECK(cf.rules[0].result == "$#local $: $1");
  CHECK(cf.rules[1].pattern == "<@> $+ + $+ < @ $* . >");
  CHECK(cf.rules[1].result == "$: < $(virtuser $1 + + @ $3 $: @ $) >");
  CHECK(cf.rules[2].ruleset == "localaddr");
  CHECK(cf.rules[2].line == 6);
}

TEST_CASE("op.me 5.6: options have long names, or a letter in old files", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf(
      "O ForwardPath=$z/.forward.$w:$z/.forward\n"
      "O aliasfile=/etc/mail/aliases\n"
      "O AliasFile=hash:/etc/mail/lists # more\n"
      "#O UserDatabaseSpec=/etc/mail/userdb\n"
      "OA/etc/old\n"
      "Q\n");
  CHECK(cf.option("forwardpath") == "$z/.forward.$w:$z/.forward");
  CHECK(cf.option("aliasfile") == "/etc/mail/aliases,hash:/etc/mail/lists,/etc/old");
  CHECK(cf.option("userdatabasespec").empty());
  const SendmailCf null_client = parse_sendmail_cf("O ForwardPath\nDHhub.example\nD{mtaMailer}smtp\n");
  CHECK(null_client.options.contains("forwardpath"));
  CHECK(null_client.option("forwardpath").empty());
  CHECK(null_client.macro("H") == "hub.example");
  CHECK(null_client.macro("mtaMailer") == "smtp");
}

TEST_CASE("readcf.c: a unique beginning of an option's name is enough, in upper or lower case", "[load][sendmail]") {
  CHECK(parse_sendmail_cf("O AliasF=/etc/lists\n").abbreviated_option == "aliasf");
  CHECK(parse_sendmail_cf("O forward=\n").abbreviated_option == "forward");
  CHECK(
      parse_sendmail_cf("O AddBcc\nO ALIASFILE=/x\nO AliasWait=5m\nO Timeout.connect=1m\n").abbreviated_option.empty());
  CHECK(parse_sendmail_cf("O AliasFile.x=/etc/lists\n").option("aliasfile") == "/etc/lists");
}

TEST_CASE("conf.c, atobool: an option without a value is true", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf("O AddBcc\nO MatchGECOS=True\nOm0\n");
  CHECK(cf.is_on("addbcc", false));
  CHECK(cf.is_on("matchgecos", false));
  CHECK_FALSE(cf.is_on("metoo", true));
  CHECK(SendmailCf().is_on("metoo", true));
}

TEST_CASE("op.me 5.7: a map has a type, flags and a file", "[load][sendmail]") {
  const SendmailCf cf = parse_sendmail_cf(
      "Kvirtuser hash -o /etc/mail/virtusertable\n"
      "Kaccess hash -T<TMPF> /etc/mail/access\n"
      "Kdequote dequote\n");
  CHECK(shown_map(*cf.map("virtuser")) == "hash [-o] /etc/mail/virtusertable");
  CHECK(shown_map(*cf.map("access")) == "hash [-T<TMPF>] /etc/mail/access");
  CHECK(shown_map(*cf.map("dequote")) == "dequote [] ");
  CHECK(cf.map("mailertable") == nullptr);
}

TEST_CASE("op.me, AliasFile: types, and commas within quotes", "[load][sendmail]") {
  CHECK(shown_alias_files("/etc/mail/aliases") == "implicit [] /etc/mail/aliases");
  CHECK(shown_alias_files("hash:/etc/aliases, /etc/lists,nis:mail.aliases@example") ==
        "hash [] /etc/aliases, implicit [] /etc/lists, nis [] mail.aliases@example");
  CHECK(shown_alias_files("hash: -o /etc/aliases,,") == "hash [-o] /etc/aliases");
  CHECK(shown_alias_files("ldap:-b \"dc=example,dc=org\", /etc/aliases") ==
        "ldap [-b] dc=example,dc=org, implicit [] /etc/aliases");
  CHECK(shown_alias_files("").empty());
}

TEST_CASE("op.me 5.3: a class file has a pattern", "[load][sendmail]") {
  constexpr std::string_view text = "example.org lists.example.org  # two\n# none\n\n  example.net\n";
  CHECK(words(text, "%[^#]") == "example.org lists.example.org example.net");
  CHECK(words("example.org more\nexample.net\n", "") == "example.org example.net");
  CHECK(words(text, "%*s %s") == "another pattern");
}

}  // namespace shorthop::test
