// What one primary makes of recipients that had mail before: most mail goes to few, and what fixed tables say of them
// stays the same until they are read again. Bounded; safe to use from several threads at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "primary/resolution.h"
#include "tables/index.h"

namespace shorthop {

class ChainMemory {
 public:
  /// For so many recipients, of 128 bytes with their ends; what does not fit takes the place of others.
  explicit ChainMemory(std::size_t recipients);

  /// What was remembered of the recipient, as it is written; nothing if it was not, or is forgotten.
  std::optional<Expanded> recall(const Address& recipient);
  /// Nothing is kept of what rests on files, has its steps recorded, or has many ends.
  void remember(const Address& recipient, const Expanded& expanded);

 private:
  /// Recipients of some hashes.
  struct alignas(64) Part {
    std::mutex mutex;
    std::string text;            ///< the entries, each a recipient and what follows it, one behind another
    std::optional<Index> index;  ///< their offsets; absent before the first
  };
  static constexpr std::size_t part_count = 64;  // so that threads seldom meet

  Part& part_of(std::uint32_t hash) { return parts_[hash / 256 % part_count]; }
  /// Forgets all of a part, if it has no room for an entry of that size.
  void make_room(Part& part, std::size_t size) const;

  std::size_t max_of_a_part_;
  std::array<Part, part_count> parts_;
};

}  // namespace shorthop
