// Words that differ by a typing mistake: "did you mean". Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

/// The word most like this one (Levenshtein distance at most a third of its length, or 2); empty if none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

/// The known domain from which this one differs by one letter that is missing, wrong, too much, or swapped with its
/// neighbour; empty if it is known itself, or there is none. Short domains (fewer than six characters) are never alike.
std::string similar_domain(std::string_view domain, const std::vector<std::string>& known);

}  // namespace shorthop
