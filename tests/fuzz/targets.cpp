// Parses any bytes as a right-hand side. The result is a list of targets, which is never empty, and each target has a
// text. An address in it is the same after it was written and parsed again.
#include "tables/text/target.h"

#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"

namespace {

using shorthop::Dialect;
using shorthop::Target;

/// An address that text_of() writes is the same target when it is read again.
void must_survive_reading(const Target& target, Dialect dialect) {
  const auto* address = std::get_if<shorthop::AddressTarget>(&target);
  if (address == nullptr) return;
  shorthop::AddressTarget alone = *address;
  alone.lacks_comma = false;  // this is a property of the list
  must(shorthop::parse_targets(shorthop::text_of(target), dialect) == std::vector<Target>{alone},
       "an address is read again as itself");
}

void try_dialect(std::string_view text, Dialect dialect) {
  const std::vector<Target> targets = shorthop::parse_targets(text, dialect);
  must(!targets.empty(), "no recipient expands to nothing");
  must(targets.size() <= text.size() + 1, "there is at most one target for each byte, and one more");
  for (const Target& target : targets) {
    must(!shorthop::text_of(target).empty(), "a target has a text");
    must(dialect == Dialect::local8 || std::holds_alternative<shorthop::AddressTarget>(target) ||
             std::holds_alternative<shorthop::UnreadableTarget>(target),
         "virtual(5) has addresses only");
    must_survive_reading(target, dialect);
  }
  if (!shorthop::only_plain_addresses(text)) return;
  for (const Target& target : targets) {
    must(std::holds_alternative<shorthop::AddressTarget>(target),
         "a text that passes the quick check has addresses only");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  try_dialect(text, Dialect::virtual5);
  try_dialect(text, Dialect::local8);
  return 0;
}
