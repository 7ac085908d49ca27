#include "postfix/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstdint>
#include <utility>

#include "mail/international.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

using ValueOf = std::function<std::optional<std::string>(std::string_view)>;

// Limits recursion: parameters may refer to each other, or double in size at each level.
constexpr int max_nesting = 20;
constexpr std::size_t max_value = 1 << 20;
constexpr int max_references = 10'000;

bool is_name_character(char c) { return is_letter_or_digit(c) || c == '_'; }

bool is_name(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_name_character); }

/// postconf(5): a parameter name that derives from the name of a service may contain any character of that name
/// ("policyd-spf_time_limit", "10.5.0.6::10040_time_limit").
bool is_parameter_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '$' && c != '"' && c != '#'; });
}

/// Length of the text up to the bracket that closes the bracket at its start; npos if there is none.
std::size_t closed_length(std::string_view text) {
  const char open = text.front();
  const char close = open == '{' ? '}' : ')';
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == open) ++depth;
    if (text[i] == close && --depth == 0) return i + 1;
  }
  return text.npos;
}

/// postconf(5): "{left} operator {right}".
struct Comparison {
  std::string_view left;
  std::string_view operation;  ///< "==", "<", "<level"
  std::string_view right;
};

/// postconf(5): "$name", "${name}", "${name?value}", "${name:value}", "${name?{value}:{other}}",
/// "${{left} == {right} ? {value} : {other}}", and the same with round brackets. The values may contain references.
struct Reference {
  std::size_t length = 0;
  std::string_view name;  ///< empty: malformed, or there is a comparison
  std::optional<Comparison> comparison;
  bool is_conditional = false;
  std::optional<std::string_view> if_set;    ///< after '?'
  std::optional<std::string_view> if_empty;  ///< after ':'
};

/// Drops braces around a value: "{value}" becomes "value". White space inside them stays (util/mac_expand.c).
std::string_view drop_braces(std::string_view text) {
  const std::string_view content = trimmed(text);
  const bool is_enclosed = content.starts_with('{') && closed_length(content) == content.size();
  return is_enclosed ? content.substr(1, content.size() - 2) : text;
}

/// Parses what follows the name inside the brackets; false if it is malformed.
bool read_condition(std::string_view rest, Reference& reference) {
  reference.is_conditional = true;
  if (rest.front() == ':') {
    reference.if_empty = drop_braces(rest.substr(1));
    return true;
  }
  const std::string_view value = rest.substr(1);
  const std::string_view content = trimmed(value);
  const std::size_t length = content.starts_with('{') ? closed_length(content) : content.npos;
  const std::string_view behind = length == content.npos ? std::string_view() : trimmed(content.substr(length));
  if (behind.empty()) {
    reference.if_set = drop_braces(value);
    return true;
  }
  reference.if_set = drop_braces(content.substr(0, length));
  if (!behind.starts_with(':')) return false;
  reference.if_empty = drop_braces(behind.substr(1));
  return true;
}

/// Reads "{left} operator {right}" at the start of `inside` and removes it; nullopt if it is malformed.
std::optional<Comparison> take_comparison(std::string_view& inside) {
  const std::size_t left = closed_length(inside);
  if (left == inside.npos) return std::nullopt;
  const std::size_t right = inside.find('{', left);
  if (right == inside.npos) return std::nullopt;
  const std::size_t length = closed_length(inside.substr(right));
  if (length == inside.npos) return std::nullopt;
  const Comparison comparison{drop_braces(inside.substr(0, left)), trimmed(inside.substr(left, right - left)),
                              drop_braces(inside.substr(right, length))};
  inside = trimmed(inside.substr(right + length));
  return comparison;
}

/// "3.6.1" as three numbers; nullopt if it is not of that form (postconf(5) compatibility_level).
std::optional<std::array<std::uint64_t, 3>> level_of(std::string_view text) {
  std::array<std::uint64_t, 3> level{};
  for (std::uint64_t& part : level) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return level;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

/// util/mac_expand.c: numbers are compared as such, other texts byte for byte. nullopt: the operator is unknown, or it
/// compares levels and one of the texts is not a level.
std::optional<bool> holds(std::string_view left, std::string_view operation, std::string_view right) {
  constexpr std::string_view level_suffix = "level";
  auto order = left <=> right;
  const auto levels = std::pair(level_of(left), level_of(right));
  const bool compares_levels = operation.ends_with(level_suffix);
  if (compares_levels) {
    if (!levels.first || !levels.second) return std::nullopt;
    operation = trimmed(operation.substr(0, operation.size() - level_suffix.size()));
  }
  const bool are_numbers = levels.first && levels.second && !left.contains('.') && !right.contains('.');
  if (compares_levels || are_numbers) order = *levels.first <=> *levels.second;
  if (operation == "==") return order == 0;
  if (operation == "!=") return order != 0;
  if (operation == "<") return order < 0;
  if (operation == "<=") return order <= 0;
  if (operation == ">") return order > 0;
  if (operation == ">=") return order >= 0;
  return std::nullopt;
}

/// Reads what is inside "${...}" or "$(...)": a name or a comparison, and then perhaps a condition.
void read_inside(std::string_view inside, Reference& reference) {
  if (inside.starts_with('{')) {
    reference.comparison = take_comparison(inside);
    if (inside.empty() || !std::string_view("?:").contains(inside.front()) || !read_condition(inside, reference)) {
      reference.comparison.reset();
    }
    return;
  }
  const std::size_t end = inside.find_first_of("?:");
  const std::string_view name = trimmed(inside.substr(0, end));
  const bool is_read = end == inside.npos || read_condition(inside.substr(end), reference);
  if (is_read && is_name(name)) reference.name = name;
}

/// The reference at the start of `text`, which begins with '$'.
Reference reference_at(std::string_view text) {
  Reference reference;
  if (text.size() > 1 && (text[1] == '{' || text[1] == '(')) {
    const std::size_t length = closed_length(text.substr(1));
    reference.length = length == text.npos ? text.size() : length + 1;
    if (length != text.npos) read_inside(trimmed(text.substr(2, length - 2)), reference);
    return reference;
  }
  std::size_t end = 1;
  while (end < text.size() && is_name_character(text[end])) ++end;
  reference.length = end;
  reference.name = text.substr(1, end - 1);
  return reference;
}

/// Expands one text; bounds the number and depth of references, so that circular ones end.
class Expansion {
 public:
  explicit Expansion(const ValueOf& value_of) : value_of_(value_of) {}

  std::expected<std::string, std::string> expanded(std::string_view text, int depth) {
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
      const bool is_malformed = reference.name.empty() && !reference.comparison;
      if (is_malformed || depth == 0 || ++references_ > max_references) return std::unexpected(written);
      auto inner = value_of_reference(reference, depth);
      if (!inner) return inner;
      result += *inner;
      if (result.size() > max_value) return std::unexpected(written);
      text.remove_prefix(reference.length);
    }
    return result;
  }

 private:
  std::expected<std::string, std::string> value_of_comparison(const Reference& reference, int depth) {
    const auto left = expanded(reference.comparison->left, depth - 1);
    if (!left) return left;
    const auto right = expanded(reference.comparison->right, depth - 1);
    if (!right) return right;
    const auto is_so = holds(*left, reference.comparison->operation, *right);
    if (!is_so) return std::unexpected(fmt::format("${{{{{}}}", reference.comparison->left));
    const auto& chosen = *is_so ? reference.if_set : reference.if_empty;
    return chosen ? expanded(*chosen, depth - 1) : std::string();
  }

  std::expected<std::string, std::string> value_of_reference(const Reference& reference, int depth) {
    if (reference.comparison) return value_of_comparison(reference, depth);
    const auto value = value_of_(reference.name);
    if (!reference.is_conditional) {
      if (!value) return std::unexpected(fmt::format("${}", reference.name));
      return expanded(*value, depth - 1);
    }
    // An unset parameter counts as empty: postconf(5), "${name?value}".
    const auto own = expanded(value.value_or(std::string()), depth - 1);
    if (!own) return own;
    // Unlike in a shell, "${name:value}" is empty if the name has a value.
    const auto& chosen = own->empty() ? reference.if_empty : reference.if_set;
    return chosen ? expanded(*chosen, depth - 1) : std::string();
  }

  const ValueOf& value_of_;
  int references_ = 0;
};

/// Whether the line is a warning of postconf(1), "/usr/sbin/postconf: warning: ...". A file with the output of postconf
/// may contain its standard error too.
bool is_warning_of_postconf(std::string_view line) {
  const std::size_t end = line.find(": warning: ");
  return end != line.npos && line.substr(0, end).ends_with("postconf") && !line.substr(0, end).contains(' ');
}

}  // namespace

bool has_removed_part(std::string_view value) {
  for (std::size_t at = value.find(removed_value); at != value.npos; at = value.find(removed_value, at)) {
    at += removed_value.size();
    if (!value.substr(at).starts_with('.')) return true;
  }
  return false;
}

Parameters parse_parameters(std::string_view text, std::optional<BadParameterLine>* bad_line) {
  Parameters parameters;
  std::string* open = nullptr;  // the value that a line with leading white space continues
  const auto report = [&](std::uint32_t number, std::string_view content) {
    if (bad_line != nullptr && !*bad_line) *bad_line = BadParameterLine{number, std::string(content)};
  };
  std::uint32_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || is_warning_of_postconf(line)) continue;
    if (is_space(line.front()) && open != nullptr) {
      open->append(open->empty() ? "" : " ").append(content);
      continue;
    }
    const std::size_t equals = content.find('=');
    const std::string_view name = trimmed(content.substr(0, equals));
    const bool is_assignment = !is_space(line.front()) && equals != content.npos && is_parameter_name(name);
    open = is_assignment ? &(parameters[std::string(name)] = trimmed(content.substr(equals + 1))) : nullptr;
    if (!is_assignment) report(number, content);
  }
  return parameters;
}

std::string_view name_without_service(std::string_view name) { return name.substr(name.rfind('/') + 1); }

std::string_view service_of(std::string_view name) { return name.substr(0, name.rfind('/') + 1); }

bool has_word(std::string_view value, std::string_view word) {
  return std::ranges::any_of(list_items(value), [&](const std::string& item) { return equal_folded(item, word); });
}

bool may_discard_dsn(std::string_view keywords, std::string_view address_maps) {
  return keywords.contains('$') || has_word(keywords, "dsn") || !trimmed(address_maps).empty();
}

bool may_lose_orcpt(const std::function<std::string(std::string_view name)>& value_of) {
  const auto may_be = [&](std::string_view name, std::string_view value) {
    const std::string set = value_of(name);
    return set.contains('$') || equal_folded(trimmed(set), value);
  };
  return may_discard_dsn(value_of("smtp_discard_ehlo_keywords"), value_of("smtp_discard_ehlo_keyword_address_maps")) ||
         may_be("smtp_always_send_ehlo", "no") || may_be("smtp_never_send_ehlo", "yes");
}

bool may_refuse_utf8(const std::function<std::string(std::string_view name)>& value_of) {
  const auto discards = [&](const std::string& program) {
    const std::string keywords = value_of(program + "_discard_ehlo_keywords");
    return keywords.contains('$') || has_word(keywords, "smtputf8") ||
           !trimmed(value_of(program + "_discard_ehlo_keyword_address_maps")).empty();
  };
  const auto is = [&](std::string_view name, std::string_view value) {
    return equal_folded(trimmed(value_of(name)), value);
  };
  return is("smtputf8_enable", "no") || discards("smtpd") || discards("smtp") || is("smtp_always_send_ehlo", "no") ||
         is("smtp_never_send_ehlo", "yes");
}

std::vector<std::string> masquerade_domains_in(std::string_view value) {
  std::vector<std::string> domains;
  for (const std::string& item : list_items(value)) {
    domains.push_back(folded_utf8(item.substr(std::min(item.find_first_not_of('!'), item.size()))));
  }
  return domains;
}

std::expected<std::string, std::string> expand_parameters(std::string_view text, const ValueOf& value_of) {
  return Expansion(value_of).expanded(text, max_nesting);
}

std::string expanded_by_postfix(std::string_view text, const ValueOf& value_of) {
  const auto or_empty = [&](std::string_view name) { return std::optional(value_of(name).value_or(std::string())); };
  return expand_parameters(text, or_empty).value_or(std::string(text));
}

}  // namespace shorthop
