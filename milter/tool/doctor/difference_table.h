// What the primary of each relay does to mail and this host does not: the table and the JSON of shorthop check.
#pragma once

#include <string>

#include "text/json.h"
#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

/// A table for each relay with a mirror.
std::string difference_tables(const HostFacts& facts);

/// The field "differences": an array with an object for each row of these tables.
void add_differences(JsonObject& json, const HostFacts& facts);

}  // namespace shorthop::tool
