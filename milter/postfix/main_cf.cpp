#include "postfix/main_cf.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// A physical line and its position.
struct PhysicalLine {
  std::size_t begin;
  std::string_view text;  ///< without the line end
  std::size_t end;        ///< after the line end

  bool is_blank_or_comment() const {
    const std::string_view content = trimmed(text);
    return content.empty() || content.front() == '#';
  }
  bool continues() const { return !text.empty() && is_space(text.front()); }
};

std::vector<PhysicalLine> physical_lines(std::string_view text) {
  std::vector<PhysicalLine> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const std::size_t end = std::min(newline + 1, text.size());
    lines.push_back({at, text.substr(at, newline - at), end});
    at = end;
  }
  return lines;
}

void add_value(MainCfParameter& parameter, std::size_t begin, std::string_view text) {
  if (!parameter.value.empty()) {  // the line end between two parts
    parameter.value += '\n';
    parameter.positions.push_back(begin);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    parameter.value += text[i];
    parameter.positions.push_back(begin + i);
  }
}

/// White space at either end is not part of the value.
void trim(MainCfParameter& parameter) {
  const std::size_t first =
      static_cast<std::size_t>(std::ranges::find_if_not(parameter.value, is_space) - parameter.value.begin());
  parameter.value.erase(0, first);
  parameter.positions.erase(parameter.positions.begin(),
                            parameter.positions.begin() + static_cast<std::ptrdiff_t>(first));
  while (!parameter.value.empty() && is_space(parameter.value.back())) {
    parameter.value.pop_back();
    parameter.positions.pop_back();
  }
}

/// Where the value begins in a line "name = value".
std::optional<std::size_t> begin_of_value(std::string_view line, std::string_view name) {
  const std::size_t equals = line.find('=');
  if (equals == line.npos || trimmed(line.substr(0, equals)) != name) return std::nullopt;
  return equals + 1;
}

/// The bytes of the value that are removed with an entry.
struct Span {
  std::size_t begin;
  std::size_t end;
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The span includes the separators before the entry. For the first entry on a line, it includes the separators after
/// the entry instead, so that the rest of the line still begins with white space. For the only entry on a line, it is
/// the whole line.
Span with_separators(std::string_view value, const MilterEntry& entry) {
  std::size_t before = entry.begin;
  while (before > 0 && is_blank(value[before - 1])) --before;
  if (before > 0 && value[before - 1] != '\n') {
    return {value[before - 1] == ',' ? before - 1 : before, entry.end};
  }
  std::size_t after = entry.end;
  while (after < value.size() && (is_blank(value[after]) || value[after] == ',')) ++after;
  const bool is_alone = after == value.size() || value[after] == '\n';
  return {is_alone && before > 0 ? before - 1 : entry.begin, after};
}

/// The bytes of the text that a span of the value stands for. The text may have comments between them.
Span in_text(const MainCfParameter& parameter, std::string_view text, Span span) {
  std::size_t begin = parameter.positions[span.begin];
  const std::size_t end = parameter.positions[span.end - 1] + 1;
  if (parameter.value[span.begin] == '\n') {
    --begin;  // for a line end, the position of the byte after it is stored
  } else if (span.begin == 0 && span.end == parameter.value.size() &&
             !text.substr(parameter.after_equals, begin - parameter.after_equals).contains('\n')) {
    begin = parameter.after_equals;
  }
  return {begin, end};
}

}  // namespace

std::vector<MainCfParameter> parameters_named(std::string_view main_cf, std::string_view name) {
  std::vector<MainCfParameter> found;
  bool is_open = false;
  std::uint32_t number = 0;
  for (const PhysicalLine& line : physical_lines(main_cf)) {
    ++number;
    if (line.is_blank_or_comment()) continue;
    if (!line.continues()) {
      const auto value = begin_of_value(line.text, name);
      is_open = value.has_value();
      if (!is_open) continue;
      found.push_back({line.begin, line.end, line.begin + *value, number, {}, {}});
      add_value(found.back(), line.begin + *value, line.text.substr(*value));
    } else if (is_open) {
      add_value(found.back(), line.begin, line.text);
      found.back().end = line.end;
    }
  }
  std::ranges::for_each(found, trim);
  return found;
}

std::optional<MainCfParameter> parameter_in(std::string_view main_cf, std::string_view name) {
  auto found = parameters_named(main_cf, name);
  return found.empty() ? std::nullopt : std::optional(std::move(found.back()));
}

std::string with_entry(std::string_view main_cf, std::string_view name, std::string_view entry) {
  std::string text(main_cf);
  const auto parameter = parameter_in(main_cf, name);
  if (!parameter) {
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    return text + fmt::format("{} = {}\n", name, entry);
  }
  if (parameter->value.empty()) return text.insert(parameter->after_equals, fmt::format(" {}", entry));
  // A list that ends with a comma must still end with one: without_entries() removes the comma before the entry.
  const bool has_comma = parameter->value.back() == ',';
  return text.insert(parameter->positions.back() + 1,
                     has_comma ? fmt::format(" {},", entry) : fmt::format(", {}", entry));
}

std::string without_entries(std::string_view main_cf, std::string_view name,
                            const std::function<bool(const MilterEntry&)>& is_ours, bool drop_empty) {
  std::string text(main_cf);
  auto parameters = parameters_named(main_cf, name);
  // From the end, so that earlier positions stay valid.
  for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
    const auto entries = milter_entries(parameter->value);
    const auto ours = std::ranges::count_if(entries, is_ours);
    if (ours == 0) continue;
    if (drop_empty && static_cast<std::size_t>(ours) == entries.size()) {
      text.erase(parameter->begin, parameter->end - parameter->begin);
      continue;
    }
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (!is_ours(*entry)) continue;
      const Span span = in_text(*parameter, text, with_separators(parameter->value, *entry));
      text.erase(span.begin, span.end - span.begin);
    }
  }
  return text;
}

}  // namespace shorthop
