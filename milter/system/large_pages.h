// Memory for tables. Each look-up goes to a place of its own in megabytes, and with pages of 4 KiB the processor looks
// for the page longer than for what is in it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <memory_resource>

namespace shorthop {

/// Bytes from which on a text may stay where it was read: whatever its first byte's address is, large pages hold most
/// of it.
inline constexpr std::size_t large_text = std::size_t{8} << 20;

/// A hint for memory of a text that is reserved and not used yet. Nothing happens below `large_text`, or where the
/// system has no large pages to give.
void prefer_large_pages(void* begin, std::size_t size);

/// Room of so many bytes for what look-ups of one table read: side by side, and from the beginning of a large page if
/// it fills one.
class TableMemory {
 public:
  explicit TableMemory(std::size_t size);

  std::pmr::memory_resource* resource() { return &resource_; }

 private:
  std::unique_ptr<void, decltype(&std::free)> block_;
  std::pmr::monotonic_buffer_resource resource_;
};

}  // namespace shorthop
