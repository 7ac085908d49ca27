// Validates the pages of a Berkeley DB file before the library reads it: the library's own verification trusts some
// lengths in them, and a damaged file must not crash the daemon.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shorthop {

/// Empty if every item lies within its page, every page number within the file, and the keys on a page of a hash are
/// sorted; else a sentence. Source: Berkeley DB 5.3, dbinc/db_page.h (files of 4.x have the same pages).
std::string fault_of_berkeley_db_pages(std::string_view file);

/// A lower bound for the pairs in a valid hash: the number of elements in its meta page (nelem), minus the 4096
/// elements that Postfix and Sendmail announce when they create a file (util/dict_db.c). A hash with fewer pairs has
/// lost pages, for example in a power failure: to the library, a page of zeros is a valid empty page. 0 for a btree.
std::uint32_t pairs_stated_in(std::string_view file);

/// Whether a valid hash has a key that is longer than a quarter of its page. The library compares such a key wrongly
/// when it verifies the order, and prints the key as if it ended in a NUL.
bool has_long_hash_key(std::string_view file);

}  // namespace shorthop
