// Assertions of a fuzz target; a failed one aborts the program, as libFuzzer expects.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "text/diagnostic.h"

inline void must(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

/// Printable ASCII: a single line in a log, without terminal commands.
inline bool is_printable_line(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// The number of lines of a text. A text that ends with a line end counts one more, which is empty.
inline std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

/// Whether an opened brace is never closed: text written after it would belong to it.
inline bool has_open_brace(std::string_view text) {
  std::size_t depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
  }
  return depth > 0;
}

/// Each diagnostic for a text of `lines` lines has a line of the text (or 0, for the whole text), a printable sentence
/// and a printable fix.
inline void must_be_well_formed(const shorthop::Diagnostics& problems, std::size_t lines) {
  for (const shorthop::Diagnostic& problem : problems) {
    must(problem.origin.line <= lines, "a problem is in a line of the text or in the whole text");
    must(!problem.what.empty() && is_printable_line(problem.what), "a problem has a printable sentence");
    must(is_printable_line(problem.fix), "the fix for a problem is printable");
  }
}
