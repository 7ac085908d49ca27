// Any bytes as a right-hand side or as a .forward file: a list of targets, each of which can be shown.
#include "tables/target.h"

#include <string_view>
#include <vector>

#include "fuzz/must.h"

namespace {

void must_be_shown(const std::vector<shorthop::Target>& targets, std::size_t size) {
  must(targets.size() <= size + 1, "a target takes at least a byte, and no target is said in one");
  for (const auto& target : targets) must(!shorthop::text_of(target).empty(), "a target has a text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  must_be_shown(shorthop::parse_targets(text, shorthop::Dialect::virtual5), size);
  must_be_shown(shorthop::parse_targets(text, shorthop::Dialect::local8), size);
  must_be_shown(shorthop::parse_target_lines(text), size);
  return 0;
}
