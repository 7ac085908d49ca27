// The kinds of values: what each accepts, and the errors for other texts.
#include "settings/setting_values.h"
#include "settings/duration_values.h"

#include <array>
#include <string>

#include "support/catch.h"
#include "text/items.h"

namespace shorthop::test {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : "|") + item;
  return text;
}

std::string shown(const std::string& value) { return value; }
std::string shown(const std::vector<std::string>& value) { return joined(value); }
std::string shown(const std::vector<TableName>& value) {
  std::vector<std::string> texts;
  for (const TableName& table : value) texts.push_back(table.text());
  return joined(texts);
}
std::string shown(std::uint32_t value) { return std::to_string(value); }
std::string shown(const Endpoint& value) { return value.text(); }
std::string shown(const std::optional<Endpoint>& value) { return value ? value->text() : ""; }
std::string shown(std::size_t value) { return std::to_string(value); }
std::string shown(std::optional<std::chrono::seconds> value) {
  return value ? std::to_string(value->count()) + "s" : "none";
}

template <class T>
std::string said(const ParsedValue<T>& value) {
  return value ? shown(*value) : value.error().what + " (" + value.error().fix + ")";
}

}  // namespace

TEST_CASE("values: lists are split at white space and commas, but not within braces", "[settings][values]") {
  CHECK(joined(list_items("a, b\tc,,d")) == "a|b|c|d");
  CHECK(joined(list_items("inline:{ a=b, c=d } text:/x")) == "inline:{ a=b, c=d }|text:/x");
  CHECK(joined(list_items("a:{{x, y} z}, b")) == "a:{{x, y} z}|b");
  CHECK(joined(list_items(" , ")).empty());
  CHECK(joined(list_items("a } b")) == "a|}|b");
}

TEST_CASE("values: sockets in the form of smfi_setconn(3)", "[settings][values]") {
  const auto socket = [](std::string_view text) { return said(parse_socket(text, "/etc/shorthop")); };
  CHECK(socket("unix:/run/s") == "unix:/run/s");
  CHECK(socket("local:/run/s") == "unix:/run/s");
  CHECK(socket("unix:s") == "unix:/etc/shorthop/s");
  CHECK(socket("inet:10027@127.0.0.1") == "inet:10027@127.0.0.1");
  CHECK(socket("inet6:10027@::1") == "inet6:10027@[::1]");
  CHECK(socket("/run/s") == "\"/run/s\" has no type (write unix:/run/s)");
  CHECK(socket("unix:") == "the socket has no path (write unix:/PATH)");
  CHECK(socket("unix:/" + std::string(107, 'x')) ==
        "the path of the socket has 108 bytes, the limit is 107 (choose a shorter path)");
  CHECK(socket("inet:smtp@h") == "\"smtp\" is not a valid port (write inet:PORT@HOST with a port from 1 to 65535)");
  CHECK(socket("inet:65536@h") == "\"65536\" is not a valid port (write inet:PORT@HOST with a port from 1 to 65535)");
  CHECK(socket("inet:10027") == "the socket has no host, so every host could connect (write inet:10027@127.0.0.1)");
  CHECK(socket("inet6:10027@") == "the socket has no host, so every host could connect (write inet6:10027@::1)");
  CHECK(socket("tcp:1@h") == "\"tcp:1@h\" is not a valid socket (write unix:/PATH or inet:PORT@HOST)");
  CHECK(socket("") == "\"\" is not a valid socket (write unix:/PATH or inet:PORT@HOST)");
  CHECK(socket("unix:/a b") == "\"unix:/a b\" is more than one word (write one socket)");
}

TEST_CASE("values: the control socket is a UNIX socket or none", "[settings][values]") {
  const auto control = [](std::string_view text) { return said(parse_control(text, "/etc/shorthop")); };
  CHECK(control("unix:/run/c") == "unix:/run/c");
  CHECK(control("local:/run/c") == "unix:/run/c");
  CHECK(control("none").empty());
  CHECK(control("").empty());
  CHECK(control("inet:1@h") == "the control socket must be a UNIX socket (write unix:/PATH, or none)");
}

TEST_CASE("values: permission bits are octal", "[settings][values]") {
  CHECK(said(parse_mode_bits("0660")) == "432");
  CHECK(said(parse_mode_bits("777")) == "511");
  for (const char* bad : {"0680", "rw-rw----", "", "1777", "00660", "-1", "0o660"}) {
    CHECK(said(parse_mode_bits(bad)) ==
          "\"" + std::string(bad) + "\" is not a valid octal mode (write permission bits such as 0660)");
  }
}

TEST_CASE("values: durations have a unit", "[settings][values]") {
  CHECK(said(parse_duration("90s")) == "90s");
  CHECK(said(parse_duration("30m")) == "1800s");
  CHECK(said(parse_duration("48h")) == "172800s");
  CHECK(said(parse_duration("7d")) == "604800s");
  CHECK(said(parse_duration("2w")) == "1209600s");
  CHECK(said(parse_duration("none")) == "none");
  CHECK(said(parse_duration("4294967295w")) == "2597596220016000s");
  CHECK(said(parse_duration("48")) == "\"48\" has no unit (write 48s, 48m, 48h or 48d)");
  CHECK(said(parse_duration("0h")) == "the duration is zero (write none for no limit)");
  for (const char* bad : {"h", "-1h", "1.5h", "99999999999h", "two days", "48 h", "48H"}) {
    CHECK(said(parse_duration(bad)) ==
          "\"" + std::string(bad) + "\" is not a valid duration (write a number and s, m, h, d or w, such as 48h)");
  }
}

TEST_CASE("values: host-override and path-override are pairs", "[settings][values]") {
  CHECK(parse_overrides("localhost -> db.example.org, unix:/run/x->db2") ==
        std::vector<Override>{{"localhost", "db.example.org"}, {"unix:/run/x", "db2"}});
  CHECK(parse_overrides("")->empty());
  for (const char* bad : {"localhost", "-> db", "a ->", "a b -> c", "a -> b c", ","}) {
    INFO(bad);
    CHECK(parse_overrides(bad).error().fix == "write FROM -> TO");
  }
}

TEST_CASE("values: lookup-timeout is at most 1h", "[settings][values]") {
  CHECK(parse_lookup_timeout("5s") == std::chrono::seconds(5));
  CHECK(parse_lookup_timeout("1h") == std::chrono::hours(1));
  for (const char* bad : {"none", "", "2h", "4294967295w"}) {
    CHECK(parse_lookup_timeout(bad).error().what == "the limit is 1h");
  }
  CHECK(parse_lookup_timeout("0s").error().what == "the duration is zero");
}

TEST_CASE("values: a word of a closed set, and the nearest one", "[settings][values]") {
  static constexpr std::array<std::string_view, 2> words = {"observe", "rewrite"};
  CHECK(said(parse_word("rewrite", words)) == "1");
  CHECK(said(parse_word("rewirte", words)) == "\"rewirte\" is not one of observe, rewrite (write rewrite)");
  CHECK(said(parse_word("on", words)) == "\"on\" is not one of observe, rewrite (write observe)");
}

TEST_CASE("values: domains are folded, each once", "[settings][values]") {
  CHECK(said(parse_domains("Example.ORG, example.net example.org")) == "example.org|example.net");
  CHECK(said(parse_domains("")).empty());
  CHECK(said(parse_domains("example.org.")) ==
        "\"example.org.\" is not a valid domain (write it without the final dot)");
  CHECK(said(parse_domains("a@b.example")) ==
        "\"a@b.example\" is not a valid domain (write the domain only, without user and @)");
  CHECK(said(parse_domains("hash:/etc/x")) ==
        "\"hash:/etc/x\" is not a valid domain (tables cannot be used here: write the names)");
  CHECK(said(parse_domains("b\xfc"
                           "cher.example")) ==
        "\"b\\xfccher.example\" is not a valid domain (write names such as example.org)");
}

TEST_CASE("values: tables are type:name; relative paths start at the settings file's directory", "[settings][values]") {
  const auto tables = [](std::string_view text) { return said(parse_tables(text, "/etc/shorthop/relay.d")); };
  CHECK(tables("text:/a, proxy:hash:/b unix:passwd.byname") == "text:/a|hash:/b|unix:passwd.byname");
  CHECK(tables("text:virtual text:../v text:./w") ==
        "text:/etc/shorthop/relay.d/virtual|text:/etc/shorthop/v|text:/etc/shorthop/relay.d/w");
  CHECK(tables("inline:{ a=b, c=d } static:x") == "inline:{ a=b, c=d }|static:x");
  CHECK(tables("").empty());
  CHECK(tables("/etc/aliases") == "\"/etc/aliases\" is not a valid table (write text:/etc/aliases)");
  CHECK(tables("text:") == "\"text:\" is not a valid table (write TYPE:NAME, such as text:/PATH)");
  CHECK(tables(":x") == "\":x\" is not a valid table (write TYPE:NAME, such as text:/PATH)");
  CHECK(tables("aliases") == "\"aliases\" is not a valid table (write TYPE:NAME, such as text:/PATH)");
  CHECK(tables("inline:{ a=b") == "the braces are not balanced (write TYPE:{ a=b, c=d })");
}

TEST_CASE("values: paths, and patterns with %u", "[settings][values]") {
  CHECK(said(parse_path("sub/../x", "/etc/shorthop")) == "/etc/shorthop/x");
  CHECK(said(parse_path("/a/../b", "/etc")) == "/a/../b");
  CHECK(said(parse_path("/a/b//", "/etc")) == "/a/b");
  CHECK(said(parse_path("a/", "/etc")) == "/etc/a");
  CHECK(said(parse_path("/", "/etc")) == "/");
  CHECK(said(parse_path("/a /b", "/etc")) == "\"/a /b\" is more than one path (write one path)");
  CHECK(said(parse_path("text:/a", "/etc")) == "\"text:/a\" is a table, not a path (write /a)");
  CHECK(said(parse_path_or_none("none", "/etc")).empty());
  CHECK(said(parse_path_pattern("f/%u", "/etc")) == "/etc/f/%u");
  CHECK(said(parse_path_pattern("/home/%u/.forward", "/etc")) == "/home/%u/.forward");
  CHECK(said(parse_path_pattern("", "/etc")).empty());
  CHECK(said(parse_path_pattern("/f", "/etc")) ==
        "\"/f\" has no %u (write %u in place of the user's name, such as /PATH/%u)");
  CHECK(said(parse_path_pattern("/f/%d/%u", "/etc")) ==
        "\"/f/%d/%u\" has a % that is not %u (write %u where the user's name stands)");
  CHECK(said(parse_path_pattern("/%u/%u", "/etc")) ==
        "\"/%u/%u\" has more than one %u (write %u once, such as /PATH/%u)");
}

TEST_CASE("values: a host is a name or an address, with or without brackets and port", "[settings][values]") {
  for (const char* good : {"mail.example.org", "[mail.example.org]", "mail.example.org:25", "192.0.2.1",
                           "[192.0.2.1]:25", "2001:db8::1", "[2001:db8::1]"}) {
    CHECK(said(parse_host(good)) == good);
  }
  CHECK(said(parse_host("a.example b.example")) ==
        "\"a.example b.example\" is more than one host (write one relay file for each primary)");
  CHECK(said(parse_host("mail_\xff")) ==
        "\"mail_\\xff\" is not a valid host (write a host name such as mail.example.org)");
  for (const char* bad : {"smtp:[mail.example.org]", "smtp:mail.example.org", "unix:/run/x", "mail.example.org:",
                          "mail.example.org:0", "[192.0.2.1]:99999", "[mail.example.org", "[mail.example.org]x"}) {
    CAPTURE(bad);
    CHECK(said(parse_host(bad)).find("is not a valid host") != std::string::npos);
    CHECK_FALSE(parse_hosts(bad));
  }
  CHECK(said(parse_host("")) == "\"\" is not a valid host (write a host name such as mail.example.org)");
}

TEST_CASE("postconf(5) recipient_delimiter: a set of punctuation characters", "[settings][values]") {
  CHECK(said(parse_delimiters("+-")) == "+-");
  CHECK(said(parse_delimiters("")).empty());
  for (const char* bad : {"a", "+ -", "@", "\"+\"", "0"}) CHECK(!parse_delimiters(bad));
}

TEST_CASE("values: address patterns in the form used for comparison; impossible patterns are errors",
          "[settings][values]") {
  CHECK(said(parse_address_patterns("Ann@Example.ORG, BÜCHER.example, Lists-*@Example.org, *.Example.net")) ==
        "ann@example.org|xn--bcher-kva.example|lists-*@example.org|*.example.net");
  for (const std::string& bad : {std::string("a*\x01@example.org"), std::string("a*\0b", 4), std::string("*@*@b.org"),
                                 std::string("*\xff@b.org"), std::string("*\x7f"), "*" + std::string(320, 'a')}) {
    CHECK(!parse_address_patterns(bad));
  }
}

}  // namespace shorthop::test
