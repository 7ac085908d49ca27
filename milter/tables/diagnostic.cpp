#include "tables/diagnostic.h"

#include <algorithm>
#include <utility>

#include "mail/one_line.h"

namespace shorthop {

std::string Diagnostic::text() const {
  std::string result;
  if (!file.empty()) {
    result += file;
    if (line != 0) result += ":" + std::to_string(line);
    result += ": ";
  }
  result += severity == Severity::error ? "error: " : "warning: ";
  result += what;
  if (!mend.empty()) result += " (" + mend + ")";
  return one_line(result);
}

bool has_error(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

Diagnostics shortened(Diagnostics diagnostics, std::size_t most) {
  if (diagnostics.size() <= most) return diagnostics;
  Diagnostics told;
  for (const Severity severity : {Severity::error, Severity::warning}) {
    for (Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.severity != severity) continue;
      if (told.size() < most) {
        told.push_back(std::move(diagnostic));
        continue;
      }
      const std::size_t more = diagnostics.size() - most;
      told.push_back({{}, 0, "and " + std::to_string(more) + " more", "`shorthop check` lists them all", severity});
      return told;
    }
  }
  return told;
}

}  // namespace shorthop
