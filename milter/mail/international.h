// International mail (RFC 6531): non-ASCII case and domains. Only international.cpp uses libidn2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

/// Full case folding of UTF-8 text (Unicode's CaseFolding.txt, C and F), as in Postfix's table look-ups
/// (util/casefold.c). Invalid UTF-8 is folded as ASCII.
std::string folded_utf8(std::string_view text);

/// A domain in the form used for comparison: A-labels (RFC 5890, 2.3.2.1), folded. U-labels are mapped by UTS 46,
/// non-transitional. nullopt if it is not a valid domain.
std::optional<std::string> to_a_labels(std::string_view domain);

/// Whether a domain with A-labels has a second spelling, with U-labels.
bool has_two_spellings(std::string_view a_labels);
/// The domain with U-labels; unchanged if it has none, or if they do not convert back to it (RFC 5891, 5.4).
std::string with_u_labels(std::string_view a_labels);

}  // namespace shorthop
