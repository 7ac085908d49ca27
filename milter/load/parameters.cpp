#include "load/parameters.h"

#include <algorithm>
#include <cstdint>

#include "mail/ascii.h"

namespace shorthop {
namespace {

using ValueOf = std::function<std::optional<std::string>(std::string_view)>;

// Guards against parameters that name each other, and against those that double at each level.
constexpr int deepest_nesting = 20;
constexpr std::size_t longest_value = 1 << 20;
constexpr int most_references = 10'000;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_name(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_name_character); }

/// A reference at the start of `text`, which begins with '$': its length and the name; no name: not understood.
struct Reference {
  std::size_t length;
  std::string_view name;
};

Reference reference_at(std::string_view text) {
  if (text.size() > 1 && (text[1] == '{' || text[1] == '(')) {
    const std::size_t end = text.find(text[1] == '{' ? '}' : ')');
    if (end == text.npos) return {text.size(), {}};
    const std::string_view name = trimmed(text.substr(2, end - 2));
    return {end + 1, is_name(name) ? name : std::string_view()};
  }
  std::size_t end = 1;
  while (end < text.size() && is_name_character(text[end])) ++end;
  return {end, text.substr(1, end - 1)};
}

std::expected<std::string, std::string> expanded(std::string_view text, const ValueOf& value_of, int depth,
                                                 int& references) {
  std::string result;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    result += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    if (text.starts_with("$$")) {
      result += '$';
      text.remove_prefix(2);
      continue;
    }
    const Reference reference = reference_at(text);
    const std::string written(text.substr(0, reference.length));
    const bool is_plain = !reference.name.empty() && depth > 0 && ++references <= most_references;
    const auto value = is_plain ? value_of(reference.name) : std::nullopt;
    if (!value) return std::unexpected(written);
    auto inner = expanded(*value, value_of, depth - 1, references);
    if (!inner) return inner;
    result += *inner;
    if (result.size() > longest_value) return std::unexpected(written);
    text.remove_prefix(reference.length);
  }
  return result;
}

}  // namespace

Parameters parse_parameters(std::string_view text, std::optional<std::uint32_t>* bad_line) {
  Parameters parameters;
  std::string* open = nullptr;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    if (is_space(line.front())) {
      if (open != nullptr) open->append(open->empty() ? "" : " ").append(content);
      continue;
    }
    const std::size_t equals = content.find('=');
    const std::string_view name = trimmed(content.substr(0, equals));
    open = nullptr;
    if (equals != content.npos && is_name(name)) {
      open = &(parameters[std::string(name)] = trimmed(content.substr(equals + 1)));
    } else if (bad_line != nullptr && !*bad_line) {
      *bad_line = number;
    }
  }
  return parameters;
}

std::expected<std::string, std::string> expand_parameters(std::string_view text, const ValueOf& value_of) {
  int references = 0;
  return expanded(text, value_of, deepest_nesting, references);
}

}  // namespace shorthop
