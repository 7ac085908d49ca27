// Whether the pages of an LMDB file hold what they say: the library maps the file and follows what stands there, so
// that a damaged one would take the daemon with it. The library does the rest, and the reading.
#pragma once

#include <string>
#include <string_view>

namespace shorthop {

/// Empty if every page of the main database, from its root on, and every item on them lies where it can; else a
/// sentence. Source: LMDB 0.9, lmdb.h and mdb.c, on machines of 64 bits; a file of another kind of machine is a fault.
std::string fault_of_lmdb_pages(std::string_view file);

}  // namespace shorthop
