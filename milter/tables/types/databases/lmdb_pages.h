// Validates the pages of an LMDB file before the library reads it: the library maps the file and follows its page
// numbers, so a damaged file could crash the daemon.
#pragma once

#include <string>
#include <string_view>

namespace shorthop {

/// Empty if every page of the main database, from its root on, and every item on them has a valid position; else a
/// sentence. Source: LMDB 0.9, lmdb.h and mdb.c, for 64-bit machines; files of other machines are reported as faulty.
std::string fault_of_lmdb_pages(std::string_view file);

}  // namespace shorthop
