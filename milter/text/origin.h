// Where data comes from: a file or table, and a line in it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace shorthop {

struct Origin {
  std::string file;        ///< file or table; empty if there is none
  std::uint32_t line = 0;  ///< from 1; 0: the whole file

  /// "file:line" or "file".
  std::string text() const { return line == 0 ? file : file + ":" + std::to_string(line); }
  auto operator<=>(const Origin&) const = default;
};

}  // namespace shorthop
