#include "daemon/options.h"

#include <boost/program_options.hpp>
#include <sstream>

namespace shorthop {
namespace {

namespace po = boost::program_options;

po::options_description description() {
  po::options_description options("Options");
  options.add_options()                                                                                           //
      ("config", po::value<std::string>()->value_name("FILE"),                                                    //
       ("the main settings file; relay.d/ lies beside it (default: " + Options().config.string() + ")").c_str())  //
      ("help", "this text")                                                                                       //
      ("version", "name and version");
  return options;
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

std::string help_text() {
  std::ostringstream text;
  text << "Usage: shorthopd [--config FILE]\n"
          "The milter of shorthop. It stays in the foreground and logs to standard error.\n\n"
       << description()
       << "\nSIGHUP or SIGUSR1: read settings and tables anew. SIGTERM or SIGINT: stop.\n"
          "Exit status (sysexits.h): 0 stopped as asked; 64 usage; 65 bad data; 66 a file is missing; 70 a bug;\n"
          "75 it failed for now, as when another process has the socket; 78 a setting is wrong.\n";
  return text.str();
}

std::string version_text() { return "shorthopd " SHORTHOP_VERSION "\n"; }

}  // namespace shorthop
