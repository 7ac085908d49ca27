#include "load/table_opener.h"

#include <fmt/format.h>

#include <algorithm>

#include "tables/open.h"

namespace shorthop {

namespace {

/// What is wrong with the table as a whole belongs to the setting that names it.
Diagnostic placed(Diagnostic problem, const std::string& file, std::uint32_t line) {
  if (problem.severity != Severity::error || problem.line != 0 || file.empty()) return problem;
  problem.what = fmt::format("{}: {}", problem.file, problem.what);
  problem.file = file;
  problem.line = line;
  return problem;
}

}  // namespace

TableList TableOpener::open(const Placed<std::vector<std::string>>& names, TextFormat format, Diagnostics& problems) {
  std::vector<std::shared_ptr<const Table>> tables;
  for (const std::string& name : names.value) {
    Diagnostics found;
    if (auto table = opened(name, format, found)) tables.push_back(std::move(table));
    for (Diagnostic& problem : found) problems.push_back(placed(std::move(problem), names.file, names.line));
  }
  return TableList(std::move(tables));
}

TableList TableOpener::open_or_fail(std::string_view parameter, const std::vector<std::string>& names,
                                    Diagnostics& warnings) {
  constexpr TextFormat format = TextFormat::virtual5;  // postmap(1)'s, of every table that Postfix reads as text
  std::vector<std::shared_ptr<const Table>> tables;
  for (const std::string& name : names) {
    Diagnostics problems;
    auto table = opened(name, format, problems);
    if (table == nullptr) {
      const auto error = std::ranges::find(problems, Severity::error, &Diagnostic::severity);
      table = failing_table(name, error == problems.end() ? "cannot be opened" : error->what);
      tables_[{name, format}] = table;
    }
    for (Diagnostic& problem : problems) {
      problem.severity = Severity::warning;
      problem.what = fmt::format("this host's {}: {}", parameter, problem.what);
      warnings.push_back(std::move(problem));
    }
    tables.push_back(std::move(table));
  }
  return TableList(std::move(tables));
}

std::shared_ptr<const Table> TableOpener::opened(const std::string& name, TextFormat format, Diagnostics& problems) {
  const auto known = tables_.find({name, format});
  if (known != tables_.end()) return known->second;
  auto table = open_table(name, format, files_, problems);
  if (table != nullptr) tables_[{name, format}] = table;
  return table;
}

}  // namespace shorthop
