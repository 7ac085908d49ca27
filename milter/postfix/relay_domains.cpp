#include "postfix/relay_domains.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mail/address.h"
#include "tables/domain_list.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Kind = DomainPattern::Kind;

class Enumeration {
 public:
  Enumeration(const std::vector<std::string>& others, const PostfixTables& tables)
      : seen_(others.begin(), others.end()), tables_(tables) {}

  void add(const DomainPattern& pattern) {
    if (pattern.kind == Kind::name) {
      add_name(pattern.text, pattern.from, pattern.is_excluded);
    } else if (pattern.kind == Kind::table) {
      add_table(pattern.text, pattern.is_excluded);
    } else {
      add_unknown(pattern.text, pattern.why);
    }
  }

  RelayDomains take() && { return std::move(result_); }

 private:
  void add_name(std::string_view name, const std::string& from, bool is_excluded) {
    const std::string domain = folded(name);
    if (is_excluded) {
      seen_.insert(domain);  // the first pattern that matches decides
    } else if (name.starts_with('.')) {
      result_.not_named.push_back(
          fmt::format("{}: the names of the subdomains of {} are not known", from, printable(name.substr(1))));
    } else if (!is_domain(domain)) {
      result_.not_named.push_back(fmt::format("{}: \"{}\" is not a valid domain", from, printable(name)));
    } else if (seen_.insert(domain).second) {
      result_.domains.push_back({domain, from});
    }
  }

  void add_table(const std::string& table, bool is_excluded) {
    const auto keys = tables_.keys(table);
    if (!keys) return add_unknown(table, keys.error());
    std::vector<std::string> sorted = *keys;
    std::ranges::sort(sorted);
    for (const std::string& key : sorted) add_name(key, table, is_excluded);
  }

  void add_unknown(const std::string& where, const std::string& why) {
    result_.not_named.push_back(
        fmt::format("relay_domains: the domains of {} are not known: {}", printable(where), why));
  }

  std::set<std::string> seen_;
  const PostfixTables& tables_;
  RelayDomains result_;
};

}  // namespace

RelayDomains relay_domains_in(std::string_view text, const std::vector<std::string>& others,
                              const PostfixTables& tables, const FileReader& files) {
  Enumeration enumeration(others, tables);
  for (const DomainPattern& pattern : domain_patterns("relay_domains", text, files)) enumeration.add(pattern);
  return std::move(enumeration).take();
}

}  // namespace shorthop
