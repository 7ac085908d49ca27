#include "tool/program.h"

#include <fmt/core.h>
#include <sysexits.h>

#include <cerrno>

#include "system/system_error.h"
#include "tool/command_line.h"
#include "tool/help.h"

namespace shorthop::tool {
namespace {

int print(std::string_view text, Streams& streams) {
  streams.output.write(text);
  return EX_OK;
}

int explain_usage(const UsageError& error, Streams& streams) {
  const std::string where = error.subcommand == nullptr ? "" : fmt::format(" {}", error.subcommand->name);
  return report_usage(error.what, fmt::format("see \"shorthop{} --help\"", where), streams.errors);
}

int dispatch(const std::vector<std::string>& words, Streams& streams) {
  const auto line = parse_command_line(words);
  if (!line) return explain_usage(line.error(), streams);
  switch (line->wanted) {
    case CommandLine::Wanted::help:
      return print(line->subcommand == nullptr ? general_help() : help_for(*line->subcommand), streams);
    case CommandLine::Wanted::version: return print("shorthop " SHORTHOP_VERSION "\n", streams);
    case CommandLine::Wanted::run: break;
  }
  return line->subcommand->run(line->invocation, streams);
}

}  // namespace

int run_program(const std::vector<std::string>& words, Streams& streams) {
  int status = dispatch(words, streams);
  if (!streams.output.flush()) {
    // A reader that closed the pipe early ("| head") needs no message, only the status.
    if (streams.output.error() != EPIPE) {
      streams.errors.write(
          fmt::format("shorthop: cannot write to standard output: {}\n", error_text(streams.output.error())));
    }
    if (status == EX_OK) status = EX_TEMPFAIL;
  }
  streams.errors.flush();
  return status;
}

}  // namespace shorthop::tool
