#include "tool/printed_command.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

/// Whether a printed command repeats the option. It leaves out the options that say what to do with the result.
bool is_repeated(std::string_view option) {
  constexpr std::array about_result = std::to_array<std::string_view>({"apply", "undo", "dry-run", "json"});
  return std::ranges::find(about_result, option) == about_result.end();
}

}  // namespace

std::string shell_word(std::string_view text) {
  const auto is_plain = [](char c) { return is_letter_or_digit(c) || std::string_view("-_./:@%+=,").contains(c); };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

std::string command_for(const std::string& config, std::string_view words, std::string_view program) {
  std::string text = std::string(program) + ' ';
  // cron(8) and the next shell may have another working directory.
  std::error_code error;
  const std::string file = std::filesystem::absolute(config, error).string();
  if (config != default_config) text += "--config " + shell_word(error ? config : file) + ' ';
  return text.append(words);
}

std::string command(const Invocation& invocation, std::string_view words) {
  std::string text = command_for(invocation.config, words);
  const auto row = std::ranges::find(subcommands(), words.substr(0, words.find(' ')), &Subcommand::name);
  if (row == subcommands().end()) return text;
  for (const OptionRow& option : row->options) {
    const std::string* given = invocation.value(option.name);
    if (given == nullptr || !is_repeated(option.name)) continue;
    text.append(" --").append(option.name);
    if (!option.argument.empty()) text += ' ' + shell_word(*given);
  }
  return text;
}

}  // namespace shorthop::tool
