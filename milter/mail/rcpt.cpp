#include "mail/rcpt.h"

#include "text/ascii.h"

namespace shorthop {
namespace {

/// Length of a source route at the start of a path without its '<': "@a,@b:" gives 6; 0 if there is none.
std::size_t source_route_length(std::string_view path) {
  if (path.empty() || path.front() != '@') return 0;
  const std::size_t colon = path.find(':');
  if (colon == path.npos || path.substr(0, colon).find_first_of("\"<> ") != path.npos) return 0;
  return colon + 1;
}

}  // namespace

std::string without_source_route(std::string_view rcpt_argument) {
  const std::size_t bracket = rcpt_argument.starts_with('<') ? 1 : 0;
  std::string result(rcpt_argument);
  result.erase(bracket, source_route_length(rcpt_argument.substr(bracket)));
  return result;
}

std::expected<Address, AddressError> parse_rcpt_path(std::string_view rcpt_argument) {
  std::string_view path = rcpt_argument;
  if (path.starts_with('<') != path.ends_with('>')) return std::unexpected(AddressError{"unbalanced angle brackets"});
  if (path.starts_with('<')) path = path.substr(1, path.size() - 2);
  path.remove_prefix(source_route_length(path));
  if (path.empty()) return std::unexpected(AddressError{"the null path"});
  return Address::parse(path);
}

}  // namespace shorthop
