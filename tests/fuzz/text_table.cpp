// Any bytes as a text table: errors with their lines, or a table that answers. The first line of the input is the key.
#include "tables/text_table.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/must.h"
#include "mail/ascii.h"

namespace {

void try_format(std::string_view key, std::string_view text, shorthop::TextFormat format) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  shorthop::Diagnostics problems;
  const auto table = shorthop::text_table("text:/x", "/x", std::string(text), format, problems);
  must(table || shorthop::has_error(problems), "no table without an error");
  for (const auto& problem : problems) must(problem.line <= lines, "a problem is in the text or of the whole of it");
  must(problems.empty() || problems.front().line >= 1, "the first problem has its line");
  if (!table) return;
  must(table->entries().value_or(0) <= lines, "an entry takes a line");
  const auto found = table->find(shorthop::folded(key));
  must(found.has_value(), "a text table never fails");
  if (*found) must((*found)->line >= 1 && (*found)->line <= lines, "an entry has its line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\n'), size);
  const auto text = input.substr(std::min(end + 1, size));
  for (const auto format :
       {shorthop::TextFormat::aliases5, shorthop::TextFormat::virtual5, shorthop::TextFormat::first_word}) {
    try_format(input.substr(0, end), text, format);
  }
  return 0;
}
