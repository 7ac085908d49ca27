#include "completion.h"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/options.h"
#include "tool/subcommand.h"

namespace shorthop::generate {
namespace {

/// Whether an argument as --help writes it ("FILE", "LOG...|-") is a path. Other arguments cannot be completed.
bool is_path(std::string_view argument) {
  return argument.starts_with("FILE") || argument.starts_with("DIR") || argument.starts_with("LOG");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) (text += text.empty() ? "" : " ") += word;
  return text;
}

std::string joined_names(std::span<const OptionRow> rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(fmt::format("--{}", row.name));
  return joined(names);
}

/// The line of bash's case statement that completes this argument.
std::string bash_values(std::string_view pattern, std::string_view argument) {
  return is_path(argument)
             ? fmt::format("    {}) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n", pattern)
             : "";
}

/// The text for use between single quotes in zsh's _arguments: brackets, colons, backslashes and quotes are escaped.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result;
}

std::string zsh_action(std::string_view argument) { return is_path(argument) ? "_files" : " "; }

template <class Row>
std::string zsh_option(const Row& row) {
  const std::string value =
      row.argument.empty() ? "" : fmt::format(":{}:{}", zsh_text(row.argument), zsh_action(row.argument));
  return fmt::format("'--{}{}[{}]{}'", row.name, row.argument.empty() ? "" : "=", zsh_text(row.meaning), value);
}

std::string zsh_subcommand(const tool::Subcommand& row) {
  std::string text = fmt::format("        {}) _arguments", row.name);
  for (const auto& option : row.options) text += " \\\n            " + zsh_option(option);
  for (const auto& option : tool::common_options()) text += " \\\n            " + zsh_option(option);
  // Arguments that cannot be completed get no line: a line with only a message would keep zsh from completing options.
  if (zsh_action(row.arguments) != " ")
    text += fmt::format(" \\\n            '*:{}:{}'", zsh_text(row.arguments), zsh_action(row.arguments));
  return text + " ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::vector<std::string> names;
  std::string options;
  std::string arguments;
  std::string values;
  for (const auto& row : tool::subcommands()) {
    names.emplace_back(row.name);
    options += fmt::format("    {}) options='{}' ;;\n", row.name, joined_names(row.options));
    arguments += bash_values(row.name, row.arguments);
    for (const auto& option : row.options) {
      if (!option.argument.empty())
        values += bash_values(fmt::format("{}--{}", row.name, option.name), option.argument);
    }
  }
  for (const auto& option : tool::common_options()) {
    if (!option.argument.empty()) values += bash_values(fmt::format("*--{}", option.name), option.argument);
  }
  std::vector<std::string> daemon_options;
  for (const auto& row : option_rows()) daemon_options.push_back(fmt::format("--{}", row.name));
  return fmt::format(R"(# bash completion for shorthop(1) and shorthopd(8). Generated from the programs' own tables.
# shellcheck shell=bash disable=SC2207
_shorthop() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} subcommand='' options='' word i
  # "--config=FILE" comes as three words.
  [[ $before != = ]] || before=${{COMP_WORDS[COMP_CWORD-2]}}
  if [[ $cur == = ]]; then cur=''; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    case $word in
    --config)
      ((i += 1))
      if [[ ${{COMP_WORDS[i]}} == = ]]; then ((i += 1)); fi
      ;;
    -*) ;;
    *)
      subcommand=$word
      break
      ;;
    esac
  done
  COMPREPLY=()
  if [[ $before == --* ]]; then
    case $subcommand$before in
{values}    esac
    [[ ${{#COMPREPLY[@]}} -eq 0 ]] || return 0
  fi
  case $subcommand in
{options}  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options {common}" -- "$cur"))
  elif [[ -z $subcommand ]]; then
    COMPREPLY=($(compgen -W '{names}' -- "$cur"))
  else
    case $subcommand in
    '') ;;
{arguments}    esac
  fi
}}

_shorthopd() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  [[ $before != = ]] || before=${{COMP_WORDS[COMP_CWORD-2]}}
  if [[ $cur == = ]]; then cur=''; fi
  if [[ $before == --config ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$cur"))
  else
    COMPREPLY=($(compgen -W '{daemon}' -- "$cur"))
  fi
}}

complete -F _shorthop shorthop
complete -F _shorthopd shorthopd
)",
                     fmt::arg("values", values), fmt::arg("options", options), fmt::arg("names", joined(names)),
                     fmt::arg("common", joined_names(tool::common_options())), fmt::arg("arguments", arguments),
                     fmt::arg("daemon", joined(daemon_options)));
}

std::string zsh_completion() {
  std::string descriptions;
  std::string cases;
  for (const auto& row : tool::subcommands()) {
    descriptions += fmt::format("        '{}:{}'\n", row.name, zsh_text(row.meaning));
    cases += zsh_subcommand(row);
  }
  std::string common;
  for (const auto& option : tool::common_options()) common += "    " + zsh_option(option) + " \\\n";
  std::string daemon;
  for (const auto& option : option_rows()) daemon += " \\\n    " + zsh_option(option);
  return fmt::format(R"(#compdef shorthop shorthopd
# zsh completion for shorthop(1) and shorthopd(8). Generated from the programs' own tables.

_shorthop() {{
  local curcontext=$curcontext state line
  local -a subcommands
  if [[ $service == shorthopd ]]; then
    _arguments{daemon}
    return
  fi
  _arguments -C \
{common}    '1:subcommand:->subcommand' \
    '*::argument:->argument'
  case $state in
    subcommand)
      subcommands=(
{descriptions}      )
      _describe subcommand subcommands
      ;;
    argument)
      case $words[1] in
{cases}      esac
      ;;
  esac
}}

_shorthop "$@"
)",
                     fmt::arg("daemon", daemon), fmt::arg("common", common), fmt::arg("descriptions", descriptions),
                     fmt::arg("cases", cases));
}

}  // namespace shorthop::generate
