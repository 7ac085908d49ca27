// Parses one logical line in the format of virtual(5), that of postmap(1) for any table: "key white space value".
#pragma once

#include <string_view>

#include "tables/text/parsed_line.h"

namespace shorthop {

/// The key ends at the first white space that is neither quoted nor escaped, and keeps its quotes, as in postmap(1). A
/// line that postmap(1) would ignore, or of aliases(5) form, is an error.
LineResult parse_virtual5(std::string_view logical_line);

}  // namespace shorthop
