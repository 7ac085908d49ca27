#include "tool/help.h"

#include <fmt/format.h>
#include <sysexits.h>

namespace shorthop::tool {
namespace {

std::string option_of(const OptionRow& row) {
  const std::string option = "--" + with_argument(row.name, row.argument);
  return row.is_required ? option : "[" + option + "]";
}

/// The usage, wrapped; the lines after the first are indented.
std::string usage_of(const Subcommand& subcommand) {
  constexpr std::size_t width = 90;
  const std::string first = fmt::format("usage: shorthop {}", subcommand.name);
  std::string usage = first;
  std::size_t start = 0;  // of the last line
  const auto add = [&](const std::string& word) {
    if (word.empty()) return;
    if (usage.size() - start + 1 + word.size() > width) {
      start = usage.size() + 1;
      usage += "\n" + std::string(first.size(), ' ');
    }
    usage += " " + word;
  };
  for (const OptionRow& row : subcommand.options) {
    add(option_of(row));
  }
  add(std::string(subcommand.arguments));
  return usage;
}

}  // namespace

std::string general_help() {
  HelpRows commands;
  for (const Subcommand& row : subcommands()) {
    commands.emplace_back(with_argument(row.name, row.arguments), row.meaning);
  }
  HelpRows options;
  append_options(options, common_options());
  return fmt::format(
      "usage: shorthop [--config FILE] SUBCOMMAND [OPTION...] [ARGUMENT...]\n\n"
      "the postmaster's tool of shorthop, a milter that delivers mail for aliases of local\n"
      "mailboxes without the primary MX\n\n"
      "subcommands (shorthop SUBCOMMAND --help says more):\n{}\noptions:\n{}",
      columns_of(commands), columns_of(options));
}

std::map<int, std::string_view> exits_of(const Subcommand& subcommand) {
  std::map<int, std::string_view> meanings{{EX_OK, "all went well"}, {EX_USAGE, "the command line is wrong"}};
  for (const ExitRow& row : subcommand.exits) meanings[row.status] = row.meaning;
  return meanings;
}

std::string help_for(const Subcommand& subcommand) {
  HelpRows options;
  append_options(options, subcommand.options);
  append_options(options, common_options());
  HelpRows exits;
  for (const auto& [status, meaning] : exits_of(subcommand)) exits.emplace_back(std::to_string(status), meaning);
  return fmt::format("{}\n\n{}\n{}\noptions:\n{}\nexit status (sysexits.h):\n{}", usage_of(subcommand),
                     subcommand.meaning, subcommand.details, columns_of(options), columns_of(exits));
}

}  // namespace shorthop::tool
