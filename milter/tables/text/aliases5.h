// Parses one logical line in the format of aliases(5), "name: targets", like postalias(1).
#pragma once

#include <string>
#include <string_view>

#include "tables/text/parsed_line.h"

namespace shorthop {

/// The name ends at the first ':' outside of quotes and comments; a quoted name is stored unquoted in `buffer`. A line
/// that postalias(1) would ignore (a name with a domain, several names, no value) is an error.
LineResult parse_aliases5(std::string_view logical_line, std::string& buffer);

}  // namespace shorthop
