// Domains that differ by a slip of the fingers. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shorthop::tool {

/// The known domain from which this one differs by one letter that is missing, wrong, too much, or swapped with its
/// neighbour; empty if it is known itself, or there is none. Short domains (fewer than six characters) are never alike.
std::string similar_domain(std::string_view domain, const std::vector<std::string>& known);

}  // namespace shorthop::tool
