#include "tables/diagnostic.h"

#include <algorithm>

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
  return result;
}

bool has_error(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

}  // namespace shorthop
