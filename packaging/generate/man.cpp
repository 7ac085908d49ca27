#include "man.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/options.h"
#include "mdoc.h"
#include "postfix/inbound/differences.h"
#include "session/reason.h"
#include "settings/setting_rows.h"
#include "tables/types.h"
#include "tool/help.h"
#include "tool/subcommand.h"

namespace shorthop::generate {
namespace {

using tool::Subcommand;

/// The text as a sentence of a page: with a capital letter, unless it begins with a name, and a full stop.
std::string sentence(std::string_view text) {
  std::string result(text);
  const bool is_name = std::string_view(result).substr(0, result.find(' ')).find_first_of("`.(:") != result.npos;
  if (!is_name && !result.empty() && result[0] >= 'a' && result[0] <= 'z') result[0] -= 'a' - 'A';
  if (!result.ends_with('.')) result += '.';
  return result;
}

/// "--name" in the font of options.
std::string flag(std::string_view name) { return "Fl \\-" + literal(name); }

std::string item(std::string_view macros, std::string_view text) { return fmt::format(".It {}\n{}", macros, text); }

std::string list(std::string_view width, const std::string& items) {
  return fmt::format(".Bl -tag -width {}\n{}.El\n", width, items);
}

template <class Row>
std::string option_items(std::span<const Row> rows) {
  std::string items;
  for (const Row& row : rows) {
    std::string macros = flag(row.name);
    if (!row.argument.empty()) macros += " Ar " + argument(row.argument);
    items += item(macros, prose(sentence(row.meaning)));
  }
  return items;
}

std::string exit_items(const std::map<int, std::string_view>& meanings) {
  std::string items;
  for (const auto& [status, meaning] : meanings) items += item(fmt::format("{}", status), prose(sentence(meaning)));
  return list("Ds", items);
}

std::string setting_items(Section file) {
  std::string items;
  for (const SettingRow& row : setting_rows()) {
    if (!belongs_to(row, file)) continue;
    std::string text = prose(row.meaning);
    text += row.default_value.empty() ? "It is not set by default.\n"
                                      : fmt::format("The default is\n.Ql {} .\n", argument(row.default_value));
    if (row.on_change == OnChange::restart) text += "A change needs a restart.\n";
    items += item(fmt::format("Ic {} No = Ar {}", argument(row.name), argument(row.unit)), text);
  }
  return list("Ds", items);
}

std::string reason_items() {
  std::string items;
  for (const ReasonRow& row : reason_rows) items += item("Cm " + argument(row.name), prose(sentence(row.meaning)));
  return list("Ds", items);
}

std::string table_items() {
  std::string items;
  for (const TableType& row : table_types()) {
    if (row.open == nullptr) continue;
    items += item("Cm " + argument(row.name) + " :", prose(sentence(row.meaning)));
  }
  return list("Ds", items);
}

std::string difference_items(bool harms) {
  std::string items;
  for (const DifferenceRow& row : difference_rows()) {
    if (row.harms == harms) items += item("Cm " + argument(row.name), prose(sentence(row.meaning)));
  }
  return list("Ds", items);
}

std::string subcommand_items() {
  std::string items;
  for (const Subcommand& row : tool::subcommands()) {
    std::string macros = "Cm " + argument(row.name);
    for (const OptionRow& option : row.options) {
      macros += (option.is_required ? " " : " Oo ") + flag(option.name);
      if (!option.argument.empty()) macros += " Ar " + argument(option.argument);
      if (!option.is_required) macros += " Oc";
    }
    if (!row.arguments.empty()) macros += " Ar " + argument(row.arguments);
    items += item(macros, prose(sentence(row.meaning)) + fmt::format("See\n.Xr shorthop\\-{} 1 .\n", row.name));
  }
  return list("Ds", items);
}

std::string synopsis(const Subcommand& subcommand) {
  std::string text = fmt::format(".Nm shorthop\n.Op Fl \\-config Ar FILE\n.Cm {}\n", argument(subcommand.name));
  for (const OptionRow& option : subcommand.options) {
    text += (option.is_required ? "." : ".Op ") + flag(option.name);
    text += (option.argument.empty() ? "" : " Ar " + argument(option.argument)) + "\n";
  }
  if (!subcommand.arguments.empty()) text += ".Ar " + argument(subcommand.arguments) + "\n";
  return text;
}

std::string see_also() {
  std::vector<std::string> pages;
  for (const Subcommand& row : tool::subcommands()) pages.push_back(fmt::format("shorthop\\-{}", row.name));
  std::ranges::sort(pages);
  std::string text;
  for (const std::string& name : pages) text += fmt::format(".Xr {} 1 ,\n", name);
  return text;
}

/// The texts that replace the lines "@WORD ARGUMENT@".
std::map<std::string, std::string> blocks(const Subcommand* own) {
  std::map<std::string, std::string> all{
      {"options shorthopd", list("Ds", option_items(option_rows()))},
      {"options common", list("Ds", option_items(tool::common_options()))},
      {"settings main", setting_items(Section::main)},
      {"settings relay", setting_items(Section::relay)},
      {"reasons", reason_items()},
      {"differences harming", difference_items(true)},
      {"differences noted", difference_items(false)},
      {"subcommands", subcommand_items()},
      {"tables", table_items()},
      {"see-also", see_also()},
  };
  std::map<int, std::string_view> daemon_exits;
  for (const ExitRow& row : exit_rows()) daemon_exits[row.status] = row.meaning;
  all["exits shorthopd"] = exit_items(daemon_exits);
  if (own != nullptr) {
    all["options own"] = list("Ds", option_items(own->options) + option_items(tool::common_options()));
    all["exits own"] = exit_items(exits_of(*own));
    all["synopsis"] = synopsis(*own);
    all["details"] = paragraphs(own->details.empty() ? sentence(own->meaning) : std::string(own->details));
  }
  return all;
}

std::map<std::string, std::string> words(const PageFacts& facts, const Subcommand* own) {
  std::map<std::string, std::string> all{{"DATE", facts.date}, {"VERSION", facts.version}};
  if (own != nullptr) {
    std::string title = fmt::format("shorthop-{}", own->name);
    all["NAME"] = title;
    std::ranges::transform(title, title.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
    all["TITLE"] = title;
    all["MEANING"] = argument(own->meaning);
  }
  return all;
}

std::string with_words(std::string line, const std::map<std::string, std::string>& all) {
  for (const auto& [word, text] : all) {
    const std::string mark = "@" + word + "@";
    for (auto at = line.find(mark); at != line.npos; at = line.find(mark, at + text.size())) {
      line.replace(at, mark.size(), text);
    }
  }
  return line;
}

}  // namespace

std::expected<std::string, std::string> page(std::string_view page_template, const PageFacts& facts) {
  const auto rows = tool::subcommands();
  const auto own = std::ranges::find(rows, facts.subcommand, &Subcommand::name);
  const Subcommand* subcommand = own == rows.end() ? nullptr : &*own;
  if (!facts.subcommand.empty() && subcommand == nullptr) {
    return std::unexpected(fmt::format("unknown subcommand \"{}\"", facts.subcommand));
  }
  const auto all_blocks = blocks(subcommand);
  const auto all_words = words(facts, subcommand);
  std::istringstream lines{std::string(page_template)};
  std::string result;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.size() > 2 && line.starts_with('@') && line.ends_with('@') &&
        !all_words.contains(line.substr(1, line.size() - 2))) {
      const auto block = all_blocks.find(line.substr(1, line.size() - 2));
      if (block == all_blocks.end()) return std::unexpected(fmt::format("line {}: no text for {}", number, line));
      result += block->second;
    } else {
      result += with_words(line, all_words) + "\n";
    }
  }
  return result;
}

}  // namespace shorthop::generate
