// Lists of domains: names, exceptions, files and tables.
#include "tables/domain_list.h"

#include "support/catch.h"
#include "support/map_files.h"

using namespace shorthop;
using shorthop::test::MapFiles;

namespace {

/// "NAME", "!NAME", "table TYPE:NAME" or "unreadable FILE (WHY)", with " < FILE" if it is in a file.
std::vector<std::string> patterns_of(std::string_view value, const MapFiles& files = MapFiles()) {
  std::vector<std::string> all;
  for (const DomainPattern& pattern : domain_patterns("relay_domains", value, files)) {
    std::string text = pattern.is_excluded ? "!" : "";
    if (pattern.kind == DomainPattern::Kind::table) text += "table ";
    if (pattern.kind == DomainPattern::Kind::unreadable_file) text += "unreadable ";
    text += pattern.text;
    if (!pattern.why.empty()) text += " (" + pattern.why + ")";
    all.push_back(pattern.from == "relay_domains" ? text : text + " < " + pattern.from);
  }
  return all;
}

using Shown = std::vector<std::string>;

}  // namespace

TEST_CASE("postconf(5) mydestination: names, exceptions and tables, in their order", "[tables][domain-list]") {
  CHECK(patterns_of("Example.org, !a.example.org\n .example.net hash:/etc/x") ==
        Shown{"Example.org", "!a.example.org", ".example.net", "table hash:/etc/x"});
  CHECK(patterns_of("proxy:hash:/etc/x, !proxy:ldap:/etc/y") ==
        Shown{"table proxy:hash:/etc/x", "!table proxy:ldap:/etc/y"});
  CHECK(patterns_of("!!a.example !") == Shown{"a.example"});
  CHECK(patterns_of("[192.0.2.1] [IPv6:2001:db8::1]") == Shown{"[192.0.2.1]", "[IPv6:2001:db8::1]"});
  CHECK(patterns_of("").empty());
}

TEST_CASE("a file stands for the patterns in it; an exception inverts them", "[tables][domain-list]") {
  const MapFiles files(
      {{"/list", "a.example !b.example\n# c.example\nhash:/x # d.example\n/deeper\n"}, {"/deeper", "e.example"}});
  CHECK(patterns_of("f.example /list g.example", files) == Shown{"f.example", "a.example < /list", "!b.example < /list",
                                                                 "table hash:/x < /list", "e.example < /deeper",
                                                                 "g.example"});
  CHECK(patterns_of("!/list", files) ==
        Shown{"!a.example < /list", "b.example < /list", "!table hash:/x < /list", "!e.example < /deeper"});
}

TEST_CASE("a file that cannot be read keeps its place in the list", "[tables][domain-list]") {
  CHECK(patterns_of("a.example !/no b.example") == Shown{"a.example", "!unreadable /no (no such file)", "b.example"});
  const MapFiles files(MapFiles::Texts{{"/self", "a.example\n/self\n"}});
  const Shown nested = patterns_of("/self", files);
  CHECK(nested.size() == 11);
  CHECK(nested.back() == "unreadable /self (list files are nested too deep) < /self");
}

TEST_CASE("files that name each other many times soon end in an error", "[tables][domain-list]") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "/self\n";
  const MapFiles files(MapFiles::Texts{{"/self", text}});
  const Shown nested = patterns_of("/self", files);
  CHECK(nested.size() < 100 * 50);
  CHECK(nested.back() == "unreadable /self (the list has too many files) < /self");
}
