// errno in words.
#pragma once

#include <string>

namespace shorthop {

/// As part of a sentence: "no such file or directory".
std::string error_text(int error);

}  // namespace shorthop
