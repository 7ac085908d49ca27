// A table of patterns, for any library that matches them: regexp_table(5) and pcre_table(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tables/text/pattern_lines.h"
#include "tables/types.h"

namespace shorthop {

/// A compiled pattern. Safe to use from several threads at once.
class CompiledPattern {
 public:
  virtual ~CompiledPattern() = default;
  /// How many groups in parentheses it has.
  virtual std::size_t groups() const = 0;
  /// Whether it matches the subject, or why that cannot be determined. `found` gets the whole match first, then the
  /// texts of the groups, as far as it has room.
  virtual std::expected<bool, std::string> matches(const std::string& subject,
                                                   std::span<std::string_view> found) const = 0;
};

using CompiledOr = std::expected<std::unique_ptr<const CompiledPattern>, std::string>;
using CompilePattern = CompiledOr (*)(const PatternText& pattern);

/// The text of a table of patterns: the text of its file, or the lines in its name.
std::expected<std::string, ReadFailure> lines_of_table(const OpenRequest& request);

/// The problem of a line that Postfix skips.
Diagnostic skipped_line(const OpenRequest& request, std::uint32_t line, std::string_view why);

/// The table of the request. A line that Postfix skips is skipped, with a warning. The primary's library may accept a
/// pattern that this host's library refuses: look-ups that reach such a line fail.
std::shared_ptr<const Table> open_patterns(const OpenRequest& request, PatternDialect dialect, CompilePattern compile);

}  // namespace shorthop
