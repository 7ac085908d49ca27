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

/// Whether a word of the local part (words are separated by dots) is only partly quoted, such as us"er" (RFC 5322,
/// 4.4). MTAs treat such an address differently: Sendmail passes it on unchanged, and the primary refuses it; Postfix
/// removes the quotes.
bool has_partly_quoted_word(std::string_view path) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') {
      ++i;
    } else if (path[i] == '"') {
      const bool is_at_edge =
          is_quoted ? i + 1 == path.size() || path[i + 1] == '.' || path[i + 1] == '@' : i == 0 || path[i - 1] == '.';
      if (!is_at_edge) return true;
      is_quoted = !is_quoted;
    }
  }
  return false;
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
  if (has_partly_quoted_word(path)) return std::unexpected(AddressError{"a word of the local part is partly quoted"});
  return Address::parse(path);
}

}  // namespace shorthop
