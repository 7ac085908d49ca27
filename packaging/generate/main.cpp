// Makes manual pages and completion from the program's own rows (settings, options, subcommands); part of the build.
//
//   generate man VERSION DATE TEMPLATE [SUBCOMMAND]   a manual page, on standard output
//   generate bash | zsh                               completion
//   generate subcommands                              their names, one per line
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "completion.h"
#include "man.h"
#include "tool/subcommand.h"

namespace {

std::string subcommand_names() {
  std::string names;
  for (const auto& row : shorthop::tool::subcommands()) names += std::string(row.name) + "\n";
  return names;
}

int fail(const std::string& sentence) {
  static_cast<void>(std::fprintf(stderr, "generate: %s\n", sentence.c_str()));
  return 1;
}

int print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? fail("cannot write") : 0;
}

int manual_page(const std::vector<std::string>& words) {
  std::ifstream file(words[3]);
  if (!file) return fail("cannot read " + words[3]);
  std::ostringstream text;
  text << file.rdbuf();
  const auto page = shorthop::generate::page(
      text.str(), {.version = words[1], .date = words[2], .subcommand = words.size() > 4 ? words[4] : ""});
  return page ? print(*page) : fail(words[3] + ": " + page.error());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words.front();
  if (what == "man" && (words.size() == 4 || words.size() == 5)) return manual_page(words);
  if (what == "bash") return print(shorthop::generate::bash_completion());
  if (what == "zsh") return print(shorthop::generate::zsh_completion());
  if (what == "subcommands") return print(subcommand_names());
  return fail("usage: generate man VERSION DATE TEMPLATE [SUBCOMMAND] | bash | zsh | subcommands");
} catch (const std::exception& bug) {
  return fail(bug.what());
}
