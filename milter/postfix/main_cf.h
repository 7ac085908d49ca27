// Minimal edits of main.cf: entries of one list are added or removed; every other byte stays the same. Format:
// postconf(5). A value may continue on further lines, with comments between them, and the last assignment of a name
// is used. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/milter_list.h"

namespace shorthop {

/// A parameter and its position in the text.
struct MainCfParameter {
  std::size_t begin = 0;               ///< the first byte of its first line
  std::size_t end = 0;                 ///< after its last line that is neither comment nor blank
  std::size_t after_equals = 0;        ///< where an empty value would begin
  std::uint32_t line = 0;              ///< line of its name, from 1
  std::string value;                   ///< the value, from all lines, without comments; line ends stay as white space
  std::vector<std::size_t> positions;  ///< the position of each byte of the value in the text
};

/// All assignments of the name, in the order of the text; Postfix uses the last.
std::vector<MainCfParameter> parameters_named(std::string_view main_cf, std::string_view name);
/// The assignment that Postfix uses: the last one.
std::optional<MainCfParameter> parameter_in(std::string_view main_cf, std::string_view name);

/// The text with the entry appended to the list `name`, after the last byte of its value and on the same line. If the
/// text lacks this parameter, a line with the parameter is added at the end.
std::string with_entry(std::string_view main_cf, std::string_view name, std::string_view entry);

/// The text without the entries of the list `name` for which `is_ours` is true, and without the comma or space before
/// each. If no entry is left, the list becomes empty ("name ="), or its line is removed if `drop_empty`.
std::string without_entries(std::string_view main_cf, std::string_view name,
                            const std::function<bool(const MilterEntry&)>& is_ours, bool drop_empty);

}  // namespace shorthop
