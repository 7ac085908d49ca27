#include "tables/text/parsed_line.h"

#include "text/ascii.h"

namespace shorthop {

std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 60;
  return '"' + printable(text, longest) + '"';
}

}  // namespace shorthop
