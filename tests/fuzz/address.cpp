// Any bytes as an address and as the argument of RCPT TO: an error, or an address that survives the wire and back.
#include "mail/address.h"

#include <algorithm>
#include <string_view>

#include "fuzz/must.h"
#include "mail/rcpt.h"

namespace {

void must_be_sound(const shorthop::Address& address) {
  const auto again = shorthop::Address::parse(address.external());
  must(again.has_value(), "what we send is an address");
  must(again->internal() == address.internal(), "what we send is what we meant");
  must(std::ranges::none_of(address.external(), [](char c) { return c < ' ' || c > '~'; }), "one line of ASCII");
  must(shorthop::is_domain(address.domain()), "the domain is one");
  must(!address.local_part().empty(), "the local part is not empty");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = shorthop::Address::parse(text)) must_be_sound(*address);
  if (const auto recipient = shorthop::parse_rcpt_path(text)) must_be_sound(*recipient);
  must(shorthop::without_source_route(text).size() <= size, "a deletion names the client's text or less");
  if (const auto local_part = shorthop::unquoted_local_part(text)) {
    const auto again = shorthop::unquoted_local_part(shorthop::quoted_local_part(*local_part));
    must(again && *again == *local_part, "quoting is undone by unquoting");
  }
  return 0;
}
