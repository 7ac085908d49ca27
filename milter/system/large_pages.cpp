#include "system/large_pages.h"

#include <sys/mman.h>

#include <new>

namespace shorthop {
namespace {

constexpr std::size_t large_page = std::size_t{2} << 20;  // of most processors; elsewhere the hint says less

/// The part of a block that large pages may hold. The system gives them as a whole, so the last one must be worth it.
std::size_t size_in_large_pages(std::size_t size) { return (size + large_page * 3 / 4) / large_page * large_page; }

void advise_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t size) {
#ifdef MADV_HUGEPAGE
  if (size > 0) ::madvise(begin, size, MADV_HUGEPAGE);
#endif
}

void* allocated(std::size_t size) {
  const std::size_t alignment = size_in_large_pages(size) > 0 ? large_page : alignof(std::max_align_t);
  void* block = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (block == nullptr) throw std::bad_alloc();
  advise_large_pages(block, size_in_large_pages(size));
  return block;
}

}  // namespace

void prefer_large_pages(void* begin, std::size_t size) {
  if (size < large_text || std::align(large_page, large_page, begin, size) == nullptr) return;
  advise_large_pages(begin, size - size % large_page);
}

TableMemory::TableMemory(std::size_t size)
    : block_(allocated(size), &std::free), resource_(block_.get(), size, std::pmr::new_delete_resource()) {}

}  // namespace shorthop
