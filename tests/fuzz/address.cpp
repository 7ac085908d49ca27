// Parses any bytes as an address and as the argument of RCPT TO. The result is an error, or an address that is the same
// after it was written and parsed again.
#include "mail/address.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "mail/address_pattern.h"
#include "mail/host.h"
#include "mail/international.h"
#include "mail/rcpt.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace {

using shorthop::Address;

/// Whether the text has a character of C0, DEL or C1 (U+0080 to U+009F): one could end a line of SMTP, or control a
/// terminal.
bool has_control(std::string_view utf8) {
  while (!utf8.empty()) {
    const auto [value, length] = shorthop::first_code_point(utf8);
    if (value < 0x20 || (value >= 0x7f && value < 0xa0)) return true;
    utf8.remove_prefix(length);
  }
  return false;
}

/// Syntax: RFC 5321, 4.1.2; with UTF-8 RFC 6531, 3.3.
void must_survive_the_wire(const Address& address) {
  const std::string& external = address.external();
  must(shorthop::is_utf8(external), "what we send is UTF-8");
  must(!has_control(external), "what we send is one line");
  must(address.is_ascii() == shorthop::is_ascii(external), "only an address in ASCII goes without SMTPUTF8");
  must(address.needs_quotes() == (external != address.internal()), "quotes are added only where they are needed");
  const auto again = Address::parse(external);
  must(again.has_value(), "what we send is an address");
  must(again->internal() == address.internal() && *again == address, "what we send is what we meant");
  const auto path = shorthop::parse_rcpt_path('<' + external + '>');
  must(path && path->internal() == address.internal(), "what we send is a path");
}

void must_have_a_stable_key(const Address& address) {
  must(address.internal() == std::string(address.local_part()) + '@' + std::string(address.domain()),
       "an address is its two parts with '@' between");
  must(address.key() == std::string(address.key_local_part()) + '@' + std::string(address.key_domain()),
       "a key is its two parts with '@' between");
  must(shorthop::folded_utf8(address.key()) == address.key(), "a key is folded");
  must(address.key_local_part() == shorthop::folded_utf8(address.local_part()), "the key's local part is folded");
  // Folding can make a local part longer than an address allows (U+0390 grows from 2 bytes to 6).
  const auto again = Address::from_parts(address.key_local_part(), address.key_domain());
  must(again.has_value() || address.key_local_part().size() > 255, "a key is an address");
  must(!again || again->key() == address.key(), "the key of a key is itself");
}

void must_be_sound(const Address& address) {
  must(!address.local_part().empty() && address.local_part().size() <= 255, "the local part has 1 to 255 bytes");
  must(shorthop::is_domain(address.domain()), "the domain is valid");
  must(shorthop::is_domain(address.a_label_domain()), "the domain with A-labels is valid");
  must_survive_the_wire(address);
  must_have_a_stable_key(address);
}

void try_path(std::string_view argument) {
  const std::string rest = shorthop::without_source_route(argument);
  const std::size_t bracket = argument.starts_with('<') ? 1 : 0;
  must(rest.starts_with(argument.substr(0, bracket)) && argument.ends_with(std::string_view(rest).substr(bracket)),
       "a deletion names the client's text without the source route at its beginning");
  const auto recipient = shorthop::parse_rcpt_path(argument);
  if (!recipient) return;
  must_be_sound(*recipient);
  const auto again = shorthop::parse_rcpt_path(rest);
  must(again && again->internal() == recipient->internal(), "a source route does not change the address");
}

void try_pattern(std::string_view text) {
  const auto pattern = shorthop::address_pattern(text);
  if (!pattern) return;
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  must(shorthop::is_utf8(*pattern) && std::ranges::none_of(*pattern, is_control), "a pattern is one line of UTF-8");
  const bool has_wildcard = text.find_first_of("*?[") != text.npos;
  const auto address = Address::parse(text);
  if (address && !has_wildcard) must(shorthop::matches(*pattern, *address), "an address matches itself as a pattern");
  const auto someone = Address::from_parts("user", "example.org");
  if (text.size() < 64) shorthop::matches(*pattern, *someone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  if (const auto address = Address::parse(text)) must_be_sound(*address);
  try_path(text);
  try_pattern(text);
  if (const auto local_part = shorthop::unquoted_local_part(text)) {
    const auto again = shorthop::unquoted_local_part(shorthop::quoted_local_part(*local_part));
    must(again && *again == *local_part, "quoting is undone by unquoting");
  }
  must(text.contains(shorthop::bare_host(text)), "a bare host is a part of the text");
  must(shorthop::printable(text, size) == shorthop::printable(text) || size > 320, "a short text is shown whole");
  must(is_printable_line(shorthop::printable(text)), "what is shown is one printable line");
  return 0;
}
