#include "tables/text/table_file.h"

#include <algorithm>
#include <charconv>

#include "tables/text/logical_lines.h"
#include "text/ascii.h"

namespace shorthop {

std::expected<TableParameters, BadTableLine> parse_table_file(std::string_view text) {
  TableParameters parameters;
  LogicalLines lines(text);
  for (LogicalLine line; lines.next(line);) {
    if (line.continues_nothing()) continue;  // util/readlline.c skips it
    const std::size_t equals = line.text.find('=');
    const std::string_view name = trimmed(line.text.substr(0, equals));
    if (equals == line.text.npos) return std::unexpected(BadTableLine{line.number, "expected name = value"});
    if (name.empty() || std::ranges::any_of(name, is_space) || line.text.contains('\0')) {
      return std::unexpected(BadTableLine{line.number, "the name of a parameter is one word"});
    }
    parameters[std::string(name)] = trimmed(line.text.substr(equals + 1));
  }
  return parameters;
}

std::optional<int> number_of_parameter(std::string_view value) {
  if (value.starts_with('+') && !value.starts_with("+-")) value.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

std::string table_file_text(const TableParameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) text.append(name).append(" = ").append(value).append(1, '\n');
  return text;
}

}  // namespace shorthop
