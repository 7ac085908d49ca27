#include "daemon/options.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <array>
#include <boost/program_options.hpp>

namespace shorthop {
namespace {

namespace po = boost::program_options;

constexpr std::array rows = {
    OptionRow{"config", "FILE", "the main settings file; relay.d/ is beside it (default /etc/shorthop/shorthop.conf)"},
    OptionRow{"help", "", "print this text"},
    OptionRow{"version", "", "print the version"},
};

constexpr std::array exits = {
    ExitRow{EX_OK, "stopped by a signal"},
    ExitRow{EX_USAGE, "the command line is wrong"},
    ExitRow{EX_DATAERR, "bad data in a table, named with its file and line"},
    ExitRow{EX_NOINPUT, "a file is missing or cannot be read"},
    ExitRow{EX_SOFTWARE, "internal error, or libmilter stopped"},
    ExitRow{EX_TEMPFAIL, "a temporary failure, for example because another process uses the socket"},
    ExitRow{EX_CONFIG, "a setting is wrong, named with its file and line"},
};

po::options_description description() {
  po::options_description result;
  for (const OptionRow& row : rows) {
    if (row.argument.empty()) {
      result.add_options()(row.name.data(), "");
    } else {
      result.add_options()(row.name.data(), po::value<std::string>());
    }
  }
  return result;
}

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) try {
  po::variables_map values;
  const auto known = description();
  constexpr int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  po::store(po::command_line_parser(argc, argv).options(known).positional({}).style(style).run(), values);
  Options options;
  options.help = values.contains("help");
  options.version = values.contains("version");
  if (values.contains("config")) options.config = values["config"].as<std::string>();
  return options;
} catch (const po::error& wrong) {
  return std::unexpected(wrong.what());
}

std::span<const OptionRow> option_rows() { return rows; }
std::span<const ExitRow> exit_rows() { return exits; }

std::string help_text() {
  HelpRows options;
  append_options(options, rows);
  HelpRows statuses;
  append_exits(statuses, exits);
  return fmt::format(
      "usage: shorthopd [--config FILE]\n\n"
      "the milter of shorthop; it stays in the foreground and logs to standard error\n\noptions:\n{}"
      "\nsignals:\n"
      "  SIGHUP, SIGUSR1  read settings and tables again\n"
      "  SIGTERM, SIGINT  stop\n\nexit status (sysexits.h):\n{}",
      columns_of(options), columns_of(statuses));
}

std::string version_text() { return "shorthopd " SHORTHOP_VERSION "\n"; }

}  // namespace shorthop
