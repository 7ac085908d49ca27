// Parses one logical line of a list of names: only its first word counts. Used for files in the format of aliases(5) or
// virtual(5) under local-recipients, where only the names matter.
#pragma once

#include <string>
#include <string_view>

#include "tables/text/parsed_line.h"

namespace shorthop {

/// The word ends at the first white space or ':' outside of quotes; a quoted one is stored unquoted in `buffer`. The
/// value is the rest of the line, or the word itself if there is no rest.
LineResult parse_first_word(std::string_view logical_line, std::string& buffer);

}  // namespace shorthop
