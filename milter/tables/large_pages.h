// Memory for large tables. Each look-up goes to a place of its own in tens of megabytes, and with pages of 4 KiB the
// processor looks for the page longer than for what is in it.
#pragma once

#include <cstddef>

namespace shorthop {

/// A hint for memory that is reserved and not used yet. Nothing happens if it is small, or where the system has no
/// large pages to give.
void prefer_large_pages(void* begin, std::size_t size);

}  // namespace shorthop
