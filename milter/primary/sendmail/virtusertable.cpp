#include "primary/sendmail/virtusertable.h"

#include <vector>

#include "text/ascii.h"

namespace shorthop {
namespace {

using Result = std::expected<std::optional<VirtualUser>, LookupFailure>;
using Arguments = std::vector<std::string_view>;

/// `arguments` are %1 to %3; the key itself is %0.
Result ask(const TableList& table, const std::string& key, Arguments arguments, Deadline deadline) {
  const std::string in_lower_case = folded(key);
  auto found = table.find(LookupKey(key, in_lower_case), deadline);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return std::nullopt;
  arguments.insert(arguments.begin(), key);
  std::string value = with_arguments((*found)->entry.value, arguments);
  return VirtualUser{std::move(**found), std::move(value)};
}

}  // namespace

Result find_virtual_user(const TableList& table, const Address& address, Deadline deadline) {
  const std::string local_part(address.local_part());
  const std::string at_domain = std::string("@").append(address.domain());
  Result result = ask(table, local_part + at_domain, {local_part}, deadline);
  if (!result || *result) return result;
  const std::size_t plus = local_part.find('+');
  if (plus == local_part.npos) return ask(table, at_domain, {local_part}, deadline);
  const std::string user = local_part.substr(0, plus);
  const std::string detail = local_part.substr(plus + 1);
  const std::string plus_detail = local_part.substr(plus);
  std::vector<std::string> names = {user + "+*", user, "+*", ""};
  if (!detail.empty()) names = {user + "++", user + "+*", user, "++", "+*", ""};
  for (const std::string& name : names) {
    result = ask(table, name + at_domain, {user, detail, plus_detail}, deadline);
    if (!result || *result) return result;
  }
  return result;
}

std::string with_arguments(std::string_view text, std::span<const std::string_view> arguments) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char next = text[++i];
    if (is_digit(next)) {
      const auto number = static_cast<std::size_t>(next - '0');
      if (number < arguments.size()) result += arguments[number];
    } else {
      if (next != '%') result += '%';
      result += next;
    }
  }
  return result;
}

}  // namespace shorthop
