// International mail (RFC 6531): case and domains beyond ASCII. The only file that knows libunistring and libidn2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

/// Full case folding of UTF-8 text (Unicode's CaseFolding.txt, C and F), as Postfix folds what it looks up
/// (util/casefold.c). What is not UTF-8 is folded as ASCII.
std::string folded_utf8(std::string_view text);

/// A domain as it is compared: A-labels (RFC 5890, 2.3.2.1), folded. U-labels are mapped by UTS 46, non-transitional.
/// Nothing if it is not a valid domain.
std::optional<std::string> domain_key(std::string_view domain);

/// Whether a domain_key() has a label beyond ASCII, so that there is a second spelling.
bool has_two_spellings(std::string_view key);
/// That with U-labels; itself if there is none, or if they are not U-labels of this key (RFC 5891, 5.4).
std::string with_u_labels(std::string_view key);

}  // namespace shorthop
