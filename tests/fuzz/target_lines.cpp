// Parses any bytes as a .forward or :include: file. Each line gives its own targets, and an unreadable target is named
// with its line.
#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "tables/text/target.h"

namespace {

using shorthop::Target;

/// The targets of each line parsed separately, concatenated.
std::vector<Target> targets_line_by_line(std::string_view file) {
  std::vector<Target> targets;
  for (Input input(reinterpret_cast<const unsigned char*>(file.data()), file.size()); !input.rest().empty();) {
    const auto of_line = shorthop::parse_target_lines(input.line());
    targets.insert(targets.end(), of_line.begin(), of_line.end());
  }
  return targets;
}

std::vector<shorthop::UnreadableTarget> unreadable_in(const std::vector<Target>& targets) {
  std::vector<shorthop::UnreadableTarget> unreadable;
  for (const Target& target : targets) {
    if (const auto* bad = std::get_if<shorthop::UnreadableTarget>(&target)) unreadable.push_back(*bad);
  }
  return unreadable;
}

/// The unreadable targets that are named are the first `most` of those among the file's targets.
void must_be_named(std::string_view file, const std::vector<Target>& targets, std::size_t most) {
  const auto named = shorthop::unreadable_target_lines(file, most);
  const auto unreadable = unreadable_in(targets);
  must(named.size() == std::min(most, unreadable.size()), "each unreadable target is named, up to the limit");
  std::uint32_t line = 1;
  for (std::size_t i = 0; i < named.size(); ++i) {
    must(named[i].second == unreadable[i], "a target is named as the file has it");
    must(named[i].first >= line && named[i].first <= lines_in(file), "the lines are in the order of the file");
    line = named[i].first;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view file = text_in(data, size);
  const std::vector<Target> targets = shorthop::parse_target_lines(file);
  must(targets.size() <= size, "a target takes at least a byte");
  must(targets == targets_line_by_line(file), "no line continues another");
  for (const Target& target : targets) {
    must(!shorthop::text_of(target).empty(), "a target has a text");
    must(!std::holds_alternative<shorthop::AddressTarget>(target) || !shorthop::text_of(target).contains('\0'),
         "no address has a NUL");
  }
  must_be_named(file, targets, 3);
  must_be_named(file, targets, size + 1);
  return 0;
}
