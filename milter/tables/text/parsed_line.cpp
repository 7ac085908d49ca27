#include "tables/text/parsed_line.h"

#include "text/ascii.h"

namespace shorthop {

std::string excerpt(std::string_view text) {
  constexpr std::size_t max_length = 60;
  return '"' + printable(text, max_length) + '"';
}

}  // namespace shorthop
