#include "tool/help.h"

#include <fmt/format.h>

namespace shorthop::tool {
namespace {

std::string usage_of(const Subcommand& subcommand) {
  std::string usage = "shorthop ";
  usage += subcommand.name;
  for (const OptionRow& row : subcommand.options) usage += " [--" + with_argument(row.name, row.argument) + "]";
  return with_argument(usage, subcommand.arguments);
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
      "the postmaster's tool of shorthop, the milter that spares aliased mail its needless\n"
      "hops by way of the primary MX\n\n"
      "subcommands (shorthop SUBCOMMAND --help says more):\n{}\noptions:\n{}",
      columns_of(commands), columns_of(options));
}

std::string help_for(const Subcommand& subcommand) {
  HelpRows options;
  append_options(options, subcommand.options);
  append_options(options, common_options());
  HelpRows exits{{"0", "all went well"}, {"64", "the command line is wrong"}};
  for (const ExitRow& row : subcommand.exits) {
    if (row.status == 0) {
      exits.front().second = row.meaning;
    } else {
      exits.emplace_back(std::to_string(row.status), row.meaning);
    }
  }
  return fmt::format("usage: {}\n\n{}\n{}\noptions:\n{}\nexit status (sysexits.h):\n{}", usage_of(subcommand),
                     subcommand.meaning, subcommand.details, columns_of(options), columns_of(exits));
}

}  // namespace shorthop::tool
