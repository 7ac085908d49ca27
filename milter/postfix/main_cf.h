// The text of main.cf, edited as little as can be: one entry of one list added or taken out, every other byte as it
// was. Its form is that of postconf(5): logical lines, comments between their parts, the last of a name holds. Pure.
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

/// A parameter where it stands in the text.
struct MainCfParameter {
  std::size_t begin = 0;            ///< the first byte of its first line
  std::size_t end = 0;              ///< after its last line that is neither comment nor blank
  std::size_t after_equals = 0;     ///< where an empty value would begin
  std::uint32_t line = 0;           ///< of its name, from 1
  std::string value;                ///< of all its lines, without comments; line ends are kept as white space
  std::vector<std::size_t> places;  ///< where each byte of the value stands in the text
};

/// All of that name, in the order of the text; Postfix takes the last.
std::vector<MainCfParameter> parameters_named(std::string_view main_cf, std::string_view name);
/// The one that holds.
std::optional<MainCfParameter> parameter_in(std::string_view main_cf, std::string_view name);

/// The text with the entry as the last of the list `name`: after the last byte of its value, on the same line, or as a
/// line of its own at the end of the text.
std::string with_entry(std::string_view main_cf, std::string_view name, std::string_view entry);

/// The text without the entries of that list for which `is_ours` holds, and the comma or space before each. A list
/// that had no other is left empty ("name ="), or its line is taken out if `drop_empty`.
std::string without_entries(std::string_view main_cf, std::string_view name,
                            const std::function<bool(const MilterEntry&)>& is_ours, bool drop_empty);

}  // namespace shorthop
