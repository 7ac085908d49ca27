#include "tables/types/without_module.h"

#include <fmt/format.h>

#include <utility>

#include "text/ascii.h"

namespace shorthop {

std::shared_ptr<const Table> open_without_module(const OpenRequest& request, std::string_view module,
                                                 const ModuleFailure& failure) {
  const auto note = [&](std::string what, std::string fix, Severity severity) {
    request.problems.push_back(
        {{request.table.text(), 0}, std::move(what), std::move(fix), severity, ErrorClass::missing});
  };
  if (failure.is_missing) {
    note("this host's postmap looks up keys in this table, with one process for each look-up",
         fmt::format("install the package shorthop-{} for faster look-ups", module), Severity::note);
  } else {
    note(failure.what + "; this host's postmap is asked instead",
         fmt::format("install the package shorthop-{} of the same version as shorthopd", module), Severity::warning);
  }
  return open_postmap(request);
}

std::shared_ptr<const Table> open_with_unknown_parameters(const OpenRequest& request, const TableParameters& unknown) {
  const std::size_t reported = request.problems.size();
  auto table = open_postmap(request);
  if (table != nullptr || request.problems.size() == reported) return table;
  Diagnostic& problem = request.problems[reported];
  problem.what =
      fmt::format("its parameter {} is not known here, and {}", printable(unknown.begin()->first, 100), problem.what);
  problem.fix = "if the manual page of its type does not name the parameter, remove it";
  return nullptr;
}

}  // namespace shorthop
