// Finds words that differ by a typing mistake: "did you mean". No I/O.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

/// The most similar word (Levenshtein distance at most 2, or a third of the length of `word` if that is more); empty if
/// none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

/// The known domain that differs from `domain` by one letter: a letter is missing, wrong, added, or swapped with its
/// neighbour. Empty if `domain` itself is known, or if no known domain is so similar. Domains shorter than six
/// characters never match.
std::string similar_domain(std::string_view domain, const std::vector<std::string>& known);

}  // namespace shorthop
