// The arguments of a look-up in a table: one key of a search, and the deadline for the answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/deadline.h"

namespace shorthop {

/// The form in which a program of Postfix gives an address to a pattern table. cleanup(8) and trivial-rewrite(8) give
/// it as it is written, smtpd(8) in lower case (smtpd/smtpd_resolve.c).
enum class LetterCase : std::uint8_t { as_written, lower };

/// A key in both forms that tables use. The caller owns the texts.
struct LookupKey {
  std::string_view text;    ///< as written: for pattern tables, which fold it themselves or not at all
  std::string_view folded;  ///< in lower case: for all other tables
  /// A part of an address: without its extension, the bare user, @domain. Postfix does not look up such keys in pattern
  /// tables (global/mail_addr_find.c: PARTIAL). A name or a domain that is a whole key is not partial.
  bool is_partial = false;

  LookupKey(std::string_view written, std::string_view in_lower_case) : text(written), folded(in_lower_case) {}
  // A whole key in lower case, like names in local(8) and domains in trivial-rewrite(8).
  LookupKey(std::string_view key) : LookupKey(key, key) {}    // NOLINT(google-explicit-constructor)
  LookupKey(const std::string& key) : LookupKey(key, key) {}  // NOLINT(google-explicit-constructor)
  LookupKey(const char* key) : LookupKey(key, key) {}         // NOLINT(google-explicit-constructor)

  static LookupKey whole(std::string_view in_lower_case) { return {in_lower_case, in_lower_case}; }
  /// A part of an address. It needs no text as written, as pattern tables do not get it.
  static LookupKey partial(std::string_view in_lower_case) {
    LookupKey key(in_lower_case);
    key.is_partial = true;
    return key;
  }
};

}  // namespace shorthop
