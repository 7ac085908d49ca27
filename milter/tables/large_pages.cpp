#include "tables/large_pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <memory>

namespace shorthop {

void prefer_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t size) {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t large_page = std::size_t{2} << 20;
  constexpr std::size_t worth_it = 4 * large_page;  // below that the processor keeps most pages in mind anyway
  if (size < worth_it || std::align(large_page, large_page, begin, size) == nullptr) return;
  ::madvise(begin, size - size % large_page, MADV_HUGEPAGE);
#endif
}

}  // namespace shorthop
