#include "tool/command_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <optional>

#include "settings/setting_rows.h"
#include "text/ascii.h"
#include "text/nearest.h"

namespace shorthop::tool {
namespace {

namespace po = boost::program_options;

std::string_view option_name(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  return word.substr(0, word.find('='));
}

bool is_option(std::string_view word) { return word.size() > 1 && word.starts_with('-'); }

/// The index of the subcommand: the first word that is neither a common option nor the value of one.
std::optional<std::size_t> find_subcommand_index(const std::vector<std::string>& words) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (!is_option(words[at])) return at;
    if (words[at].contains('=')) continue;
    const auto row = std::ranges::find(common_options(), option_name(words[at]), &OptionRow::name);
    if (row != common_options().end() && !row->argument.empty()) ++at;
  }
  return std::nullopt;
}

/// "help resolve" means "--help resolve".
std::vector<std::string> with_help_as_option(std::vector<std::string> words) {
  const auto at = find_subcommand_index(words);
  if (at && words[*at] == "help") words[*at] = "--help";
  return words;
}

std::string did_you_mean(std::string_view before, std::string_view nearest) {
  return nearest.empty() ? std::string() : fmt::format(", did you mean \"{}{}\"?", before, nearest);
}

std::expected<const Subcommand*, UsageError> find_subcommand(std::string_view word) {
  const auto all = subcommands();
  const auto found = std::ranges::find(all, word, &Subcommand::name);
  if (found != all.end()) return &*found;
  std::vector<std::string_view> names;
  names.reserve(all.size());
  for (const Subcommand& row : all) names.push_back(row.name);
  return std::unexpected(UsageError{
      fmt::format("unknown subcommand \"{}\"{}", printable(word), did_you_mean("", nearest_word(word, names)))});
}

/// The valid options: the common ones and the subcommand's own.
std::vector<OptionRow> options_of(const Subcommand* subcommand) {
  std::vector<OptionRow> rows(common_options().begin(), common_options().end());
  if (subcommand != nullptr) rows.insert(rows.end(), subcommand->options.begin(), subcommand->options.end());
  return rows;
}

po::options_description described(const std::vector<OptionRow>& rows) {
  po::options_description description;
  for (const OptionRow& row : rows) {
    const std::string name(row.name);
    const std::string meaning(row.meaning);
    if (row.argument.empty()) {
      description.add_options()(name.c_str(), meaning.c_str());
    } else {
      description.add_options()(name.c_str(), po::value<std::string>(), meaning.c_str());
    }
  }
  return description;
}

std::string unknown_option(std::string_view word, const std::vector<OptionRow>& rows) {
  std::vector<std::string_view> names;
  names.reserve(rows.size());
  for (const OptionRow& row : rows) names.push_back(row.name);
  return fmt::format("unknown option \"{}\"{}", printable(word),
                     did_you_mean("--", nearest_word(option_name(word), names)));
}

std::expected<Invocation, UsageError> parse_options(const std::vector<std::string>& words,
                                                    const Subcommand* subcommand) {
  // No abbreviated options: a prefix that is unique today may become ambiguous when an option is added.
  constexpr int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  const std::vector<OptionRow> rows = options_of(subcommand);
  const po::options_description description = described(rows);
  Invocation result;
  try {
    for (const auto& option : po::command_line_parser(words).options(description).style(style).run().options) {
      const std::string value = option.value.empty() ? std::string() : option.value.front();
      if (option.string_key.empty()) {
        result.arguments.push_back(value);
      } else {
        result.options[option.string_key] = value;
      }
    }
  } catch (const po::unknown_option& unknown) {
    return std::unexpected(UsageError{unknown_option(unknown.get_option_name(), rows), subcommand});
  } catch (const po::error& wrong) {
    return std::unexpected(UsageError{printable(wrong.what()), subcommand});
  }
  return result;
}

/// Checks the number of arguments, and that --config has a value.
std::optional<std::string> validate(const Invocation& invocation, const Subcommand& subcommand) {
  const std::size_t given = invocation.arguments.size();
  if (given < subcommand.min_arguments) return fmt::format("{} needs {}", subcommand.name, subcommand.arguments);
  if (given > subcommand.max_arguments) {
    return fmt::format("{} takes {}: unexpected argument \"{}\"", subcommand.name,
                       subcommand.arguments.empty() ? "no argument" : subcommand.arguments,
                       printable(invocation.arguments[subcommand.max_arguments]));
  }
  if (invocation.config.empty()) return "--config needs the name of a file";
  return std::nullopt;
}

}  // namespace

std::expected<CommandLine, UsageError> parse_command_line(const std::vector<std::string>& words) {
  CommandLine line;
  std::vector<std::string> rest = with_help_as_option(words);
  if (const auto at = find_subcommand_index(rest)) {
    const auto found = find_subcommand(rest[*at]);
    if (!found) return std::unexpected(found.error());
    line.subcommand = *found;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(*at));
  }
  auto invocation = parse_options(rest, line.subcommand);
  if (!invocation) return std::unexpected(std::move(invocation.error()));
  line.invocation = std::move(*invocation);

  if (line.invocation.has("help")) {
    line.wanted = CommandLine::Wanted::help;
  } else if (line.invocation.has("version")) {
    line.wanted = CommandLine::Wanted::version;
  } else if (line.subcommand == nullptr) {
    return std::unexpected(UsageError{"a subcommand is missing"});
  } else {
    const std::string* config = line.invocation.value("config");
    line.invocation.config = config == nullptr ? std::string(default_config) : *config;
    if (auto wrong = validate(line.invocation, *line.subcommand)) {
      return std::unexpected(UsageError{std::move(*wrong), line.subcommand});
    }
  }
  return line;
}

}  // namespace shorthop::tool
