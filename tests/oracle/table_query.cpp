// Looks up keys like `postmap -q -`, for comparison: keys on standard input, "key TAB value" on output.
//
//   table-query (aliases|virtual|names) TYPE:NAME   the entries found, in the order of the keys; problems of the
//                                                   table on standard error, and exit status 65 if one is an error
//   table-query live TYPE:NAME [DIRECTORY]          the entries of a live or pattern table, with main.cf in DIRECTORY;
//                                                   a look-up that fails is "key TAB failed: reason"
//   table-query watch TYPE:NAME DIRECTORY WAIT REST
//                                                   for tests of faults: no answer is cached, a look-up may take WAIT
//                                                   milliseconds, and a table that failed is not asked again for REST
//                                                   milliseconds. Each key is answered at once, by
//                                                   "MILLISECONDS TAB found: VALUE", "absent" or "failed: REASON"
//   table-query targets (local8|virtual5)           the targets of each right-hand side on standard input, in one line
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "mail/international.h"
#include "tables/open.h"
#include "tables/text/target.h"
#include "tables/types/backends.h"
#include "text/ascii.h"

namespace {

using namespace shorthop;

constexpr int usage = 64;     // sysexits.h
constexpr int bad_data = 65;  // sysexits.h
constexpr int failed = 75;    // sysexits.h

int answer_keys(const Table& table, bool is_live) {
  for (std::string key; std::getline(std::cin, key);) {
    const Lookup found = table.find(LookupKey(key, is_live ? folded_utf8(key) : folded(key)));
    if (!found && is_live) {
      std::cout << key << "\tfailed: " << found.error().text() << '\n';
      continue;
    }
    if (!found) {
      std::cerr << found.error().text() << '\n';
      return failed;
    }
    if (*found) std::cout << key << '\t' << (*found)->value << '\n';
  }
  return 0;
}

int watch_keys(const Table& table) {
  for (std::string key; std::getline(std::cin, key);) {
    const auto begun = std::chrono::steady_clock::now();
    const Lookup found = table.find(LookupKey(key, folded_utf8(key)));
    const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    std::cout << taken.count() << '\t';
    if (!found) {
      std::cout << "failed: " << found.error().text();
    } else {
      std::cout << (*found ? "found: " + (*found)->value : "absent");
    }
    std::cout << '\n' << std::flush;
  }
  return 0;
}

std::shared_ptr<const Table> open_and_report(std::string_view name, TextFormat format, Backends& backends) {
  Diagnostics problems;
  auto table = open_table(name, SystemFiles(), backends, problems, {.text_format = format});
  for (const Diagnostic& problem : problems) std::cerr << problem.text() << '\n';
  return table;
}

int watch(std::string_view name, const char* postfix_config, const char* wait, const char* rest) {
  LiveLimits limits;
  limits.cache_ttl = std::chrono::milliseconds(0);
  limits.max_wait = std::chrono::milliseconds(std::stoul(wait));
  limits.pause = std::chrono::milliseconds(std::stoul(rest));
  Backends backends;
  backends.use({limits, postfix_config});
  const auto table = open_and_report(name, TextFormat::virtual5, backends);
  return table ? watch_keys(*table) : bad_data;
}

int query(std::string_view format, std::string_view name, const char* postfix_config) {
  const TextFormat text_format = format == "aliases"   ? TextFormat::aliases5
                                 : format == "virtual" ? TextFormat::virtual5
                                                       : TextFormat::first_word;
  Backends backends;
  if (postfix_config != nullptr) backends.use({{}, postfix_config});
  const auto table = open_and_report(name, text_format, backends);
  return table ? answer_keys(*table, format == "live") : bad_data;
}

/// The meaning of a target, for comparison: its kind and its text without spaces; for an unreadable target, the reason.
std::string meaning(const Target& target) {
  if (const auto* unreadable = std::get_if<UnreadableTarget>(&target)) return "unreadable: " + unreadable->what;
  // postalias(1) writes an unquoted command with other spacing and quotes, so only its letters are compared.
  const bool is_command = std::holds_alternative<CommandTarget>(target);
  std::string text = std::to_string(target.index()) + ' ';
  for (const char c : text_of(target)) {
    const bool is_letter = ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
    if (is_command ? is_letter : !is_space(c)) text += c;
  }
  return text;
}

int show_targets(Dialect dialect) {
  for (std::string list; std::getline(std::cin, list);) {
    std::string line;
    for (const Target& target : parse_targets(list, dialect)) line += meaning(target) + " | ";
    std::cout << line << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);  // answers are written in large pieces
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "watch" && argc == 6) return watch(argv[2], argv[3], argv[4], argv[5]);
  if (argc != 3 && argc != 4) {
    std::cerr << "table-query: expected (aliases|virtual|names|live) TYPE:NAME, targets (local8|virtual5), or watch\n";
    return usage;
  }
  if (what == "targets")
    return show_targets(argv[2] == std::string_view("local8") ? Dialect::local8 : Dialect::virtual5);
  return query(what, argv[2], argc == 4 ? argv[3] : nullptr);
}
