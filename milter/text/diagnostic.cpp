#include "text/diagnostic.h"

#include <sysexits.h>

#include <algorithm>
#include <utility>

#include "text/ascii.h"

namespace shorthop {
namespace {

std::string joined(const Diagnostic& diagnostic, std::string_view severity) {
  std::string result;
  if (!diagnostic.origin.file.empty()) result += diagnostic.origin.text() + ": ";
  result.append(severity).append(diagnostic.what);
  if (!diagnostic.fix.empty()) result += " (fix: " + diagnostic.fix + ")";
  return one_line(result);
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::note: return "note";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return {};
}

std::string Diagnostic::text() const { return joined(*this, std::string(name_of(severity)) + ": "); }

std::string Diagnostic::text_without_severity() const { return joined(*this, {}); }

bool has_error(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

Diagnostics shortened(Diagnostics diagnostics, std::size_t max_count) {
  if (diagnostics.size() <= max_count) return diagnostics;
  Diagnostics shown;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    for (Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.severity != severity) continue;
      if (shown.size() < max_count) {
        shown.push_back(std::move(diagnostic));
        continue;
      }
      const std::size_t more = diagnostics.size() - max_count;
      shown.push_back({{}, "and " + std::to_string(more) + " more", "run shorthop check to see them all", severity});
      return shown;
    }
  }
  return shown;
}

int exit_status(const Diagnostics& diagnostics) {
  struct Row {
    ErrorClass error_class;
    int status;
  };
  for (const Row row : {Row{ErrorClass::settings, EX_CONFIG}, Row{ErrorClass::missing, EX_NOINPUT},
                        Row{ErrorClass::temporary, EX_TEMPFAIL}, Row{ErrorClass::data, EX_DATAERR}}) {
    const bool has_it = std::ranges::any_of(diagnostics, [&](const Diagnostic& diagnostic) {
      return diagnostic.severity == Severity::error && diagnostic.error_class == row.error_class;
    });
    if (has_it) return row.status;
  }
  return EX_OK;
}

}  // namespace shorthop
