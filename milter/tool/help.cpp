#include "tool/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace shorthop::tool {
namespace {

using Rows = std::vector<std::pair<std::string, std::string_view>>;

/// Two columns, as wide as the longest word on the left asks for.
std::string columns(const Rows& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : rows) fmt::format_to(std::back_inserter(text), "  {:<{}}  {}\n", left, width, right);
  return text;
}

std::string with_argument(std::string_view word, std::string_view argument) {
  return argument.empty() ? std::string(word) : fmt::format("{} {}", word, argument);
}

void add_options(Rows& rows, std::span<const OptionRow> options) {
  for (const OptionRow& row : options) rows.emplace_back("--" + with_argument(row.name, row.argument), row.meaning);
}

std::string usage_of(const Subcommand& subcommand) {
  std::string usage = "shorthop ";
  usage += subcommand.name;
  for (const OptionRow& row : subcommand.options) usage += " [--" + with_argument(row.name, row.argument) + "]";
  return with_argument(usage, subcommand.arguments);
}

}  // namespace

std::string general_help() {
  Rows commands;
  for (const Subcommand& row : subcommands()) {
    commands.emplace_back(with_argument(row.name, row.arguments), row.meaning);
  }
  Rows options;
  add_options(options, common_options());
  return fmt::format(
      "usage: shorthop [--config FILE] SUBCOMMAND [OPTION...] [ARGUMENT...]\n\n"
      "the postmaster's tool of shorthop, the milter that spares aliased mail its needless\n"
      "hops by way of the primary MX\n\n"
      "subcommands (shorthop SUBCOMMAND --help says more):\n{}\noptions:\n{}",
      columns(commands), columns(options));
}

std::string help_for(const Subcommand& subcommand) {
  Rows options;
  add_options(options, subcommand.options);
  add_options(options, common_options());
  Rows exits{{"0", "all went well"}, {"64", "the command line is wrong"}};
  for (const ExitRow& row : subcommand.exits) {
    if (row.status == 0) {
      exits.front().second = row.meaning;
    } else {
      exits.emplace_back(std::to_string(row.status), row.meaning);
    }
  }
  return fmt::format("usage: {}\n\n{}\n{}\noptions:\n{}\nexit status (sysexits.h):\n{}", usage_of(subcommand),
                     subcommand.meaning, subcommand.details, columns(options), columns(exits));
}

}  // namespace shorthop::tool
