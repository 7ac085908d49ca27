// What a table is asked for: one key of a search, and until when an answer is of use.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace shorthop {

/// When whoever asks gives up. A table that waits for something waits no longer; behind it, it fails without asking.
using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = Deadline::max();

/// A key in both forms that tables want. The texts belong to the caller.
struct LookupKey {
  std::string_view text;    ///< as written: for pattern tables, which fold on their own or not at all
  std::string_view folded;  ///< in lower case: for all others
  /// A part of an address: without its extension, the bare user, @domain. Postfix does not ask pattern tables for it
  /// (global/mail_addr_find.c: PARTIAL). A name or a domain that is a whole key is not partial.
  bool is_partial = false;

  LookupKey(std::string_view written, std::string_view in_lower_case) : text(written), folded(in_lower_case) {}
  // A whole key that is asked for in lower case, as local(8) asks for names and trivial-rewrite(8) for domains.
  LookupKey(std::string_view key) : LookupKey(key, key) {}    // NOLINT(google-explicit-constructor)
  LookupKey(const std::string& key) : LookupKey(key, key) {}  // NOLINT(google-explicit-constructor)
  LookupKey(const char* key) : LookupKey(key, key) {}         // NOLINT(google-explicit-constructor)

  static LookupKey whole(std::string_view in_lower_case) { return {in_lower_case, in_lower_case}; }
  /// A part of an address. It has no text as written: no pattern table sees it.
  static LookupKey partial(std::string_view in_lower_case) {
    LookupKey key(in_lower_case);
    key.is_partial = true;
    return key;
  }
};

}  // namespace shorthop
