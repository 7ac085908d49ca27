// One logical line of a list of names: its first word counts, as where aliases(5) or virtual(5) stand under
// local-recipients and only the names matter.
#pragma once

#include <string>
#include <string_view>

#include "tables/text/parsed_line.h"

namespace shorthop {

/// The word ends at the first white space or ':' outside of quotes; a quoted one is given unquoted, in `buffer`. The
/// value is the rest of the line, or the word itself where there is no rest.
LineResult parse_first_word(std::string_view logical_line, std::string& buffer);

}  // namespace shorthop
