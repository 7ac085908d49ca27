#include "load/table_opener.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "load/mirror/primary_parameters.h"
#include "tables/open.h"
#include "tables/table_name.h"
#include "tables/types.h"

namespace shorthop {

namespace {

/// An error that concerns a whole table gets the setting that names the table as its origin.
Diagnostic at_setting(Diagnostic problem, const Origin& origin) {
  if (problem.severity != Severity::error || problem.origin.line != 0 || origin.file.empty()) return problem;
  problem.what = fmt::format("{}: {}", problem.origin.file, problem.what);
  problem.origin = origin;
  return problem;
}

/// An error makes only this one table unusable, so it becomes a warning. Notes stay notes.
Diagnostic as_warning(Diagnostic problem) {
  if (problem.severity == Severity::error) problem.severity = Severity::warning;
  return problem;
}

}  // namespace

TableList TableOpener::open(const LocatedTables& names, TextFormat format, Diagnostics& problems) {
  std::vector<std::shared_ptr<const Table>> tables;
  for (const TableName& table : names.value) tables.push_back(open_one(table, names, format, problems));
  return TableList(std::move(tables));
}

std::shared_ptr<const Table> TableOpener::open_one(const TableName& table, const LocatedTables& setting,
                                                   TextFormat format, Diagnostics& problems) {
  Diagnostics found;
  auto result = opened(table.text(), format, found);
  if (result == nullptr) result = failing(table.text(), format, found, FailureKind::not_mirrored);
  for (Diagnostic& problem : found) problems.push_back(at_setting(std::move(problem), setting.origin));
  return result;
}

TableList TableOpener::open_or_fail(std::string_view parameter, const std::vector<std::string>& names,
                                    Diagnostics& warnings) {
  constexpr TextFormat format = TextFormat::virtual5;  // the format of postmap(1), which Postfix uses for every text
  std::vector<std::shared_ptr<const Table>> tables;
  for (const std::string& name : names) {
    Diagnostics problems;
    const std::string read = redirected_name(name, problems);
    auto table = problems.empty() ? opened(read, format, problems, {.is_of_this_host = true}) : nullptr;
    if (table == nullptr) table = failing(name, format, problems, FailureKind::not_followed);
    for (Diagnostic& problem : problems) {
      problem.subject = Subject::tables_of_this_host;
      problem.what = fmt::format("this host's {}: {}", parameter, problem.what);
      warnings.push_back(as_warning(std::move(problem)));
    }
    tables.push_back(forbids_substitution(parameter) ? fail_at_substitution(std::move(table)) : std::move(table));
  }
  return TableList(std::move(tables));
}

std::shared_ptr<const Table> TableOpener::open_or_null(const std::string& name, TextFormat format,
                                                       Diagnostics& warnings) {
  Diagnostics problems;
  auto table = opened(name, format, problems);
  for (Diagnostic& problem : problems) warnings.push_back(as_warning(std::move(problem)));
  return table;
}

std::shared_ptr<const Table> TableOpener::open_instead(const TableName& table, OpenOptions options,
                                                       Diagnostics& warnings) {
  const TextFormat format = options.text_format;
  Diagnostics problems;
  auto opened = open_table(table.text(), files_, backends_, problems, std::move(options));
  for (Diagnostic& problem : problems) warnings.push_back(as_warning(std::move(problem)));
  if (opened != nullptr) keep(table.text(), format, opened);
  return opened;
}

std::string TableOpener::redirected_name(const std::string& name, Diagnostics& problems) const {
  const auto table = TableName::parse(name);
  if (!redirect_ || !table) return name;
  const auto read = redirect_(*table);
  if (read) return *read == *table ? name : read->text();
  problems.push_back({{table->text(), 0}, read.error(), {}, Severity::error, ErrorClass::settings});
  return name;
}

void TableOpener::keep(const std::string& name, TextFormat format, const std::shared_ptr<const Table>& table) {
  tables_[{name, format}] = table;
  const TableType* type = type_of_table(name);
  if (type != nullptr && type->is_live) live_tables_.push_back(table);
}

/// A failing table that replaces one that cannot be opened. `otherwise`: the kind of failure if it is not temporary.
std::shared_ptr<const Table> TableOpener::failing(const std::string& name, TextFormat format,
                                                  const Diagnostics& problems, FailureKind otherwise) {
  const auto error = std::ranges::find(problems, Severity::error, &Diagnostic::severity);
  const bool is_known = error != problems.end();
  const bool is_for_now = is_known && error->error_class == ErrorClass::temporary;
  auto table = failing_table(name, is_known ? error->what : "cannot be opened",
                             is_for_now ? FailureKind::unavailable : otherwise);
  tables_[{name, format}] = table;
  return table;
}

std::shared_ptr<const Table> TableOpener::opened(const std::string& name, TextFormat format, Diagnostics& problems,
                                                 OpenOptions options) {
  const auto known = tables_.find({name, format});
  if (known != tables_.end()) return known->second;
  options.text_format = format;
  auto table = open_table(name, files_, backends_, problems, std::move(options));
  if (table != nullptr) keep(name, format, table);
  return table;
}

}  // namespace shorthop
