// A finding of the doctor: a stable code, what is wrong and where, why it matters, and the fix. The codes are rows that
// the manual page, the tests and the output are made from.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/diagnostic.h"

namespace shorthop::tool {

struct FindingRow {
  std::string_view code;
  Severity severity;
  ErrorClass error_class;  ///< decides the exit status of an error
  std::string_view why;
};

/// Every code, in the order of the checks.
std::span<const FindingRow> finding_rows();

struct Finding {
  Severity severity = Severity::note;
  ErrorClass error_class = ErrorClass::settings;
  std::string_view code;
  Origin origin;
  std::string what;
  std::string_view why;
  std::string fix;
};

class Findings {
 public:
  /// `code` is one of finding_rows(). The severity and the reason come from that row.
  void add(std::string_view code, Origin origin, std::string what, std::string fix = {});
  /// For a severity that depends on the settings: it replaces the severity of the row.
  void add(std::string_view code, Severity severity, Origin origin, std::string what, std::string fix = {});
  /// Adds a diagnostic of the loader. `code` is the code for the kind of file that the diagnostic is about. If it is
  /// empty, host-table is used for a table of this host, and otherwise the code for the error class.
  void add(const Diagnostic& diagnostic, std::string_view code = {});

  const std::vector<Finding>& all() const { return findings_; }
  std::size_t count(Severity severity) const;
  /// Errors first, then warnings, then notes; each in the order of discovery.
  void sort();

 private:
  std::vector<Finding> findings_;
};

/// The exit status (sysexits.h). With errors, the first of these that applies: 78 (a setting), 66 (a missing file),
/// 75 (a temporary failure), 65 (bad data). Without errors 0, or 1 if `strict` and there is a warning.
int exit_status(const std::vector<Finding>& findings, bool strict);

inline constexpr int status_of_warnings = 1;

}  // namespace shorthop::tool
