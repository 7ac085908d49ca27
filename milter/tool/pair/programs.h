// Runs the programs that pairing needs; an error says what failed and what to do.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "text/diagnostic.h"

namespace shorthop::tool {

using PairStep = std::expected<void, Diagnostic>;

inline constexpr const char* as_root = "run it as root";

Diagnostic fault(std::string place, std::string what, std::string fix, ErrorClass error_class = ErrorClass::temporary);

Diagnostic program_missing(const std::string& name);

/// The output of a program that must succeed.
std::expected<std::string, Diagnostic> output_of_program(const std::string& name, const std::vector<std::string>& words,
                                                         std::string_view fix);

}  // namespace shorthop::tool
