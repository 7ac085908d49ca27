#include "postfix/relay_domains.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mail/address.h"
#include "tables/text/items.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

constexpr int max_file_depth = 5;  // files that name files

class Enumeration {
 public:
  Enumeration(const std::vector<std::string>& others, const PostfixTables& tables, const FileReader& files)
      : seen_(others.begin(), others.end()), tables_(tables), files_(files) {}

  void add_list(std::string_view text, const std::string& from, int depth) {
    for (const std::string& item : list_items(text)) add_item(item, from, depth);
  }

  RelayDomains take() && { return std::move(result_); }

 private:
  void add_item(std::string_view item, const std::string& from, int depth) {
    if (item.starts_with('!')) {
      seen_.insert(folded(item.substr(1)));  // the first pattern that matches decides
    } else if (item.starts_with('/')) {
      add_file(std::string(item), depth);
    } else if (item.contains(':')) {
      add_table(std::string(item));
    } else {
      add_domain(item, from);
    }
  }

  void add_domain(std::string_view name, const std::string& from) {
    const std::string domain = folded(name);
    if (name.starts_with('.')) {
      result_.not_named.push_back(
          fmt::format("{}: the subdomains of {} are not named", from, printable(name.substr(1))));
    } else if (!is_domain(domain)) {
      result_.not_named.push_back(fmt::format("{}: \"{}\" is not a valid domain", from, printable(name)));
    } else if (seen_.insert(domain).second) {
      result_.domains.push_back({domain, from});
    }
  }

  void add_table(const std::string& table) {
    const auto keys = tables_.keys(table);
    if (!keys) {
      result_.not_named.push_back(
          fmt::format("relay_domains: the domains of {} are not known: {}", printable(table), keys.error()));
      return;
    }
    std::vector<std::string> sorted = *keys;
    std::ranges::sort(sorted);
    for (const std::string& key : sorted) add_domain(key, table);
  }

  void add_file(const std::string& path, int depth) {
    const auto text = files_.read(path);
    if (!text || depth == 0) {
      result_.not_named.push_back(fmt::format("relay_domains: the domains of {} are not known: {}", printable(path),
                                              text ? "too many files name files" : text.error().what));
      return;
    }
    for (const std::string_view line : lines_of(*text))
      if (!trimmed(line).starts_with('#')) add_list(line, path, depth - 1);
  }

  std::set<std::string> seen_;
  const PostfixTables& tables_;
  const FileReader& files_;
  RelayDomains result_;
};

}  // namespace

RelayDomains relay_domains_in(std::string_view text, const std::vector<std::string>& others,
                              const PostfixTables& tables, const FileReader& files) {
  Enumeration enumeration(others, tables, files);
  enumeration.add_list(text, "relay_domains", max_file_depth);
  return std::move(enumeration).take();
}

}  // namespace shorthop
