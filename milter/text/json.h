// Strings as JSON (RFC 8259, 7). The objects that this program prints are small and their order is a contract, so
// each is written by the function that knows its fields.
#pragma once

#include <string>
#include <string_view>

namespace shorthop {

/// Appends the text as a JSON string, quotes included. Bytes that are not ASCII are escaped as U+00HH, so that any
/// input gives valid JSON.
void append_json_string(std::string& out, std::string_view text);

}  // namespace shorthop
