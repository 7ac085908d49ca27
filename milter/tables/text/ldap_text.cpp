#include "tables/text/ldap_text.h"

#include "text/ascii.h"

namespace shorthop {
namespace {

/// The text with each special character as a backslash and two hexadecimal digits (RFC 4514, 2.4; RFC 4515, 3).
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.contains(c)) {
      result += '\\';
      append_hexadecimal(result, static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string quoted_for_filter(std::string_view text) { return escaped(text, "*()\\"); }

std::string quoted_for_dn(std::string_view text) { return escaped(text, " \t\"#+,;<>\\"); }

bool is_attribute_of(std::string_view wanted, std::string_view description) {
  if (!starts_with_folded(description, wanted)) return false;
  return description.size() == wanted.size() || description[wanted.size()] == ';';
}

}  // namespace shorthop
