// The lines of a table of patterns: regexp_table(5) and pcre_table(5). They differ in their flags, and only
// regexp_table(5) has lines with two patterns.
// Not here: what a pattern matches (tables/types/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

enum class PatternDialect : std::uint8_t { regexp, pcre };

/// A pattern as written: "!/^ann@/i".
struct PatternText {
  std::string regex;  ///< the text between the delimiters
  std::string flags;
  bool is_negated = false;
};

/// A part of a result: a text, or the number of a group in parentheses.
struct ResultPart {
  std::string text;
  std::size_t group = 0;  ///< 0: the text is used
  bool operator==(const ResultPart&) const = default;
};

struct PatternLine {
  enum class Kind : std::uint8_t { match, begin_if, end_if };
  Kind kind = Kind::match;
  PatternText first;                        ///< the pattern of a match or of an if
  std::optional<PatternText> and_second{};  ///< "/first/!/second/" of regexp_table(5): both must hold
  std::vector<ResultPart> result{};         ///< the result of a match
  std::size_t max_group = 0;                ///< the largest group number in `result`
};

/// One logical line, or why Postfix skips it. Source: Postfix util/dict_regexp.c and util/dict_pcre.c,
/// util/mac_parse.c.
std::expected<PatternLine, std::string> parse_pattern_line(std::string_view line, PatternDialect dialect);

}  // namespace shorthop
