#include "load/mirror/sendmail_cf.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// Cuts the comments of a logical line. A comment begins at a '#' that is neither escaped nor part of "$#", and ends
/// with the physical line (sendmail/readcf.c, translate_dollars). Removes the backslash of an escaped '#'. A logical
/// line that starts with '#' is a comment as a whole.
std::string without_comments(std::string_view logical) {
  if (logical.starts_with('#')) return {};
  std::string result;
  bool in_comment = false;
  for (const char c : logical) {
    if (c == '\n') in_comment = false;
    if (in_comment) continue;
    in_comment = c == '#' && !std::string_view("\\$").contains(result.back());
    if (in_comment) continue;
    if (c == '#' && result.back() == '\\') result.pop_back();
    result += c;
  }
  result.erase(std::ranges::find_if_not(result.rbegin(), result.rend(), is_space).base(), result.end());
  return result;
}

/// Removes and returns the name of a macro or class: one character, or several in braces. Empty if a brace is not
/// closed.
std::string_view take_name(std::string_view& text) {
  if (text.empty()) return text;
  if (!text.starts_with('{')) {
    const std::string_view name = text.substr(0, 1);
    text.remove_prefix(1);
    return name;
  }
  const std::size_t end = text.find('}');
  const std::string_view name = end == text.npos ? std::string_view() : text.substr(1, end - 1);
  text.remove_prefix(std::min(end, text.size() - 1) + 1);
  return name;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!trimmed(text).empty()) words.emplace_back(take_word(text));
  return words;
}

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  return std::string(text);
}

/// "[-flag...] file", after the type.
CfMap map_of(std::string_view type, std::string_view rest) {
  CfMap map{std::string(type), {}, {}};
  for (rest = trimmed(rest); rest.starts_with('-'); rest = trimmed(rest)) map.flags.emplace_back(take_word(rest));
  map.file = unquoted(rest);
  return map;
}

/// The options that are read, in lower case; other options are skipped. The letter is the name in old files (V1 to V6);
/// 0: there is none. Source: sendmail/readcf.c, OptionTab.
struct OptionRow {
  std::string_view name;
  char letter = 0;
};
constexpr std::array option_rows = {
    OptionRow{"addbcc"},          OptionRow{"aliasfile", 'A'},    OptionRow{"forwardpath", 'J'},
    OptionRow{"matchgecos", 'G'}, OptionRow{"maxaliasrecursion"}, OptionRow{"metoo", 'm'},
    OptionRow{"operatorchars"},   OptionRow{"serviceswitchfile"}, OptionRow{"userdatabasespec", 'U'},
};

class CfReader {
 public:
  SendmailCf read(std::string_view text) && {
    std::string logical;
    std::uint32_t first = 0;
    std::uint32_t number = 0;
    for (std::string_view line : lines_of(text)) {
      ++number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      // A line that starts with white space continues the one before (sendmail/util.c, fgetfolded).
      if (!line.empty() && is_space(line.front()) && first != 0) {
        logical.append("\n").append(line);
        continue;
      }
      read_line(logical, first);
      logical = line;
      first = number;
    }
    read_line(logical, first);
    return std::move(cf_);
  }

 private:
  void read_line(std::string_view logical, std::uint32_t number) {
    const std::string line = without_comments(logical);
    if (line.empty()) return;
    std::string_view rest = std::string_view(line).substr(1);
    switch (line.front()) {
      case 'C': return read_class(rest);
      case 'D': return read_macro(rest);
      case 'F': return read_class_file(rest);
      case 'H': return read_header(line);
      case 'K': return read_map(rest);
      case 'M': return read_mailer(rest);
      case 'O': return read_option(rest);
      case 'R': return read_rule(rest, number);
      case 'S': return read_ruleset(rest);
      default: return;
    }
  }

  void read_class(std::string_view rest) {
    const std::string_view name = take_name(rest);
    if (name.empty()) return;
    std::vector<std::string>& words = cf_.classes[std::string(name)].words;
    for (std::string& word : words_of(rest)) words.push_back(std::move(word));
  }

  void read_macro(std::string_view rest) {
    const std::string_view name = take_name(rest);
    if (!name.empty()) cf_.macros[std::string(name)] = trimmed(rest);
  }

  /// The name of a file ends at white space; a program ends at the end of the line.
  void read_class_file(std::string_view rest) {
    const std::string_view name = take_name(rest);
    rest = trimmed(rest);
    if (name.empty()) return;
    ClassFile file;
    if (rest.starts_with("-o")) rest = trimmed(rest.substr(2));
    file.source = rest.starts_with('|') ? std::string(std::exchange(rest, {})) : std::string(take_word(rest));
    file.pattern = rest;
    cf_.classes[std::string(name)].files.push_back(std::move(file));
  }

  /// op.me, H: "Hname: $>ruleset" or "Hname: $>+ruleset".
  void read_header(std::string_view line) {
    const std::size_t colon = std::min(line.find(':'), line.size() - 1);
    if (trimmed(line.substr(colon + 1)).starts_with("$>")) cf_.header_checks.emplace_back(line);
  }

  void read_map(std::string_view rest) {
    const std::string_view name = take_word(rest);
    const std::string_view type = take_word(rest);
    if (!type.empty()) cf_.maps[std::string(name)] = map_of(type, rest);
  }

  void read_mailer(std::string_view rest) {
    const std::string_view name = trimmed(rest.substr(0, rest.find(',')));
    if (name.empty()) return;
    CfMailer& mailer = cf_.mailers[std::string(name)];
    while (rest.contains(',')) {
      rest = trimmed(rest.substr(rest.find(',') + 1));
      const std::string_view field = rest.substr(0, rest.find(','));
      if (field.starts_with("F=")) mailer.flags = trimmed(field.substr(2));
      if (field.starts_with("P=")) mailer.path = trimmed(field.substr(2));
      if (field.starts_with("A=")) mailer.arguments = trimmed(field.substr(2));
    }
  }

  void read_option(std::string_view rest) {
    if (!rest.starts_with(' ')) return read_short_option(rest);
    const std::size_t end = std::min(rest.find('='), rest.size());
    const std::string written = folded(trimmed(rest.substr(0, end)));
    const std::string_view name = std::string_view(written).substr(0, written.find('.'));  // the rest is a suboption
    if (name.empty()) return;
    for (const OptionRow& row : option_rows) {
      if (row.name == name) return set_option(name, rest.substr(std::min(end + 1, rest.size())));
    }
    const auto is_abbreviated = [&](const OptionRow& row) { return row.name.starts_with(name); };
    if (std::ranges::any_of(option_rows, is_abbreviated)) cf_.abbreviated_option = name;
  }

  void read_short_option(std::string_view rest) {
    const auto row = std::ranges::find(option_rows, rest.empty() ? ' ' : rest.front(), &OptionRow::letter);
    if (row != option_rows.end()) set_option(row->name, rest.substr(1));
  }

  void set_option(std::string_view name, std::string_view value) {
    std::string& stored = cf_.options[std::string(name)];
    if (name == "aliasfile" && !stored.empty()) {
      stored.append(",").append(trimmed(value));
    } else {
      stored = trimmed(value);
    }
  }

  /// "name", "name=number" or a number.
  void read_ruleset(std::string_view rest) { ruleset_ = trimmed(rest.substr(0, rest.find('='))); }

  /// The two sides and a comment are separated by tabs.
  void read_rule(std::string_view rest, std::uint32_t number) {
    const std::size_t tab = std::min(rest.find('\t'), rest.size());
    CfRule rule{ruleset_, std::string(trimmed(rest.substr(0, tab))), {}, number};
    rest.remove_prefix(tab);
    rest.remove_prefix(std::min(rest.find_first_not_of("\t\n"), rest.size()));
    rule.result = trimmed(rest.substr(0, rest.find('\t')));
    cf_.rules.push_back(std::move(rule));
  }

  SendmailCf cf_;
  std::string ruleset_;
};

}  // namespace

std::string_view SendmailCf::macro(std::string_view name) const { return text_or_empty(macros, name); }

std::string_view SendmailCf::option(std::string_view name) const { return text_or_empty(options, name); }

// sendmail/conf.c, atobool: an empty value is true.
bool SendmailCf::is_on(std::string_view name, bool otherwise) const {
  const std::string* value = find_value(options, name);
  if (value == nullptr) return otherwise;
  return value->empty() || std::string_view("tTyY").contains(value->front());
}

const CfMap* SendmailCf::map(std::string_view name) const { return find_value(maps, name); }

SendmailCf parse_sendmail_cf(std::string_view text) { return CfReader().read(text); }

// sendmail/alias.c, setalias: an item has a type if a colon comes before any space, comma or slash.
std::vector<CfMap> parse_alias_files(std::string_view value) {
  std::vector<CfMap> files;
  for (value = trimmed(value); !value.empty(); value = trimmed(value)) {
    bool is_quoted = false;
    const auto ends = [&](char c) {
      if (c == '"') is_quoted = !is_quoted;
      return c == ',' && !is_quoted;
    };
    const auto size = static_cast<std::size_t>(std::ranges::find_if(value, ends) - value.begin());
    const std::string_view item = trimmed(value.substr(0, size));
    value.remove_prefix(std::min(size + 1, value.size()));
    if (item.empty()) continue;
    const std::size_t end = item.find_first_of(" /:");
    const bool has_type = end != item.npos && item[end] == ':';
    files.push_back(has_type ? map_of(item.substr(0, end), item.substr(end + 1)) : map_of("implicit", item));
  }
  return files;
}

bool append_class_words(std::string_view text, std::string_view pattern, std::vector<std::string>& words) {
  const bool is_whole_line = pattern == "%[^#]";
  if (!is_whole_line && !pattern.empty() && pattern != "%s") return false;
  for (std::string_view line : lines_of(text)) {
    if (is_whole_line) line = line.substr(0, line.find('#'));
    if (trimmed(line).empty()) continue;
    for (std::string& word : words_of(line)) {
      words.push_back(std::move(word));
      if (!is_whole_line) break;
    }
  }
  return true;
}

}  // namespace shorthop
