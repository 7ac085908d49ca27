// A problem with a file or a setting: its origin, a sentence (lower case, no full stop) and the fix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/origin.h"

namespace shorthop {

enum class Severity : std::uint8_t { note, warning, error };

std::string_view name_of(Severity severity);

/// The kind of problem decides the exit status (sysexits.h): data 65, missing file 66, temporary 75, settings 78.
enum class ErrorClass : std::uint8_t { data, missing, temporary, settings };

/// What a diagnostic is about, if its origin does not show it.
enum class Subject : std::uint8_t { other, tables_of_this_host, mirror, incomplete_copy, address_of_primary };

struct Diagnostic {
  Origin origin;
  std::string what;
  std::string fix;  ///< empty if there is no advice
  Severity severity = Severity::error;
  ErrorClass error_class = ErrorClass::data;
  Subject subject = Subject::other;

  /// "file:line: error: what (fix: how)", in one line of printable ASCII even if names of files contain other bytes.
  std::string text() const;
  /// As text(), but without the severity: "file:line: what (fix: how)".
  std::string text_without_severity() const;
};

using Diagnostics = std::vector<Diagnostic>;

/// Whether at least one diagnostic is an error.
bool has_error(const Diagnostics& diagnostics);

/// If there are more than `max_count` diagnostics: the first of them, errors before warnings before notes, and a last
/// one that says how many are left out. Otherwise all of them, unchanged.
Diagnostics shortened(Diagnostics diagnostics, std::size_t max_count);

/// sysexits.h: 78 if a setting is wrong, else 66 if a file is missing, else 75 for a temporary failure, else 65 for bad
/// data; 0 without an error.
int exit_status(const Diagnostics& diagnostics);

}  // namespace shorthop
