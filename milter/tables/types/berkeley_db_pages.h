// Whether the pages of a Berkeley DB file hold what they say: the library's own verification trusts some lengths in
// them, and a damaged file must not take the daemon with it. The library does the rest, and the reading.
#pragma once

#include <string>
#include <string_view>

namespace shorthop {

/// Empty if every item lies on its page, every page number in the file, and the keys on a page of a hash are sorted; else
/// a sentence. Source: Berkeley DB 5.3, dbinc/db_page.h (files of 4.x have the same pages).
std::string fault_of_berkeley_db_pages(std::string_view file);

/// Whether a hash without such a fault has a key that does not fit on its page (a quarter of it): the library compares
/// it wrongly when it verifies the order, and reports that by printing keys as if a NUL ended them.
bool has_long_hash_key(std::string_view file);

}  // namespace shorthop
