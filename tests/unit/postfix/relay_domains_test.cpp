// The names in relay_domains: lists, files, tables; and reports of items without names.
#include "postfix/relay_domains.h"

#include "support/catch.h"
#include "support/map_files.h"

using namespace shorthop;
using shorthop::test::MapFiles;

namespace {

const MapFiles files({{"/etc/postfix/relays", "example.org # a comment\n# example.com\n/etc/postfix/more\n"},
                      {"/etc/postfix/more", "deep.example\n"}});

class Tables final : public PostfixTables {
 public:
  std::expected<std::optional<std::string>, std::string> find(const std::string&, const std::string&) const override {
    return std::nullopt;
  }
  std::expected<std::vector<std::string>, std::string> keys(const std::string& table) const override {
    if (table == "hash:/etc/postfix/relay_domains") return std::vector<std::string>{"b.example", "A.example"};
    return std::unexpected("a table of type regexp cannot be listed");
  }
};

RelayDomains enumerated(std::string_view text, const std::vector<std::string>& others = {}) {
  return relay_domains_in(text, others, Tables(), files);
}

std::vector<std::string> names(const RelayDomains& found) {
  std::vector<std::string> names;
  for (const RelayDomain& domain : found.domains) names.push_back(domain.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("postconf(5) relay_domains: names, each once, folded", "[postfix][relay-domains]") {
  CHECK(names(enumerated("Example.org, example.net\n example.ORG")) == Names{"example.org", "example.net"});
  CHECK(enumerated("").domains.empty());
  CHECK(enumerated("").not_named.empty());
}

TEST_CASE("a domain that is local to this host is not relayed", "[postfix][relay-domains]") {
  CHECK(names(enumerated("mail.example.com, example.com, example.org", {"mail.example.com", "example.com"})) ==
        Names{"example.org"});
}

TEST_CASE("the keys of a table, and the words of a file and of files in it", "[postfix][relay-domains]") {
  const auto found = enumerated("hash:/etc/postfix/relay_domains");
  CHECK(names(found) == Names{"a.example", "b.example"});
  CHECK(found.domains[0].from == "hash:/etc/postfix/relay_domains");
  const auto from_file = enumerated("/etc/postfix/relays");
  CHECK(names(from_file) == Names{"example.org", "deep.example"});
}

TEST_CASE("items that name no domain are reported: a pattern table, a missing file, subdomains",
          "[postfix][relay-domains]") {
  const auto found = enumerated("regexp:/etc/postfix/r, /nowhere, .example.org, a..b, example.net");
  CHECK(names(found) == Names{"example.net"});
  REQUIRE(found.not_named.size() == 4);
  CHECK(found.not_named[0].find("regexp:/etc/postfix/r") != std::string::npos);
  CHECK(found.not_named[1].find("/nowhere are not known: no such file") != std::string::npos);
  CHECK(found.not_named[2].find("subdomains of example.org") != std::string::npos);
}

TEST_CASE("!pattern excludes a domain from the items after it", "[postfix][relay-domains]") {
  CHECK(names(enumerated("!example.org, example.org, example.net")) == Names{"example.net"});
  CHECK(names(enumerated("example.org, !example.org")) == Names{"example.org"});
  CHECK(names(enumerated("!hash:/etc/postfix/relay_domains, a.example, c.example")) == Names{"c.example"});
}
