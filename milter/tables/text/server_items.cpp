#include "tables/text/server_items.h"

#include <algorithm>

#include "text/items.h"

namespace shorthop {

std::string ServerItem::shown() const {
  const std::string_view item = item_;
  const std::size_t slashes = item.find("//");
  const std::string_view scheme = item.substr(0, slashes == item.npos ? 0 : slashes + 2);
  const std::string_view rest = item.substr(scheme.size());
  const std::size_t at = rest.find('@');
  const std::size_t parameters = rest.find('?');
  // An '@' may be part of a password or of a parameter.
  if (at != rest.npos && (parameters < at || rest.rfind('@') != at)) return std::string(scheme) + "...";
  const std::size_t begin = at == rest.npos ? 0 : at + 1;
  return std::string(scheme).append(rest.substr(begin, std::min(parameters, rest.size()) - begin));
}

std::vector<ServerItem> server_items(std::string_view value) {
  std::vector<ServerItem> items;
  for (std::string& item : list_items(value)) items.emplace_back(std::move(item));
  if (items.empty()) items.emplace_back("localhost");
  return items;
}

}  // namespace shorthop
