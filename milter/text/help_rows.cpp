#include "text/help_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace shorthop {

std::string with_argument(std::string_view word, std::string_view argument) {
  return argument.empty() ? std::string(word) : fmt::format("{} {}", word, argument);
}

void append_options(HelpRows& rows, std::span<const OptionRow> options) {
  for (const OptionRow& row : options) rows.emplace_back("--" + with_argument(row.name, row.argument), row.meaning);
}

void append_exits(HelpRows& rows, std::span<const ExitRow> exits) {
  for (const ExitRow& row : exits) rows.emplace_back(std::to_string(row.status), row.meaning);
}

std::string columns_of(const HelpRows& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : rows) fmt::format_to(std::back_inserter(text), "  {:<{}}  {}\n", left, width, right);
  return text;
}

}  // namespace shorthop
