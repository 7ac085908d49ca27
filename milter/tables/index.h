// A hash index over lines of a text that somebody else keeps: 12 bytes a slot, no keys, open addressing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mail/ascii.h"
#include "tables/large_pages.h"

namespace shorthop {

class Index {
 public:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t offset = 0;
    std::uint32_t line = 0;  ///< 0: the slot is free
  };

  /// Room for that many entries at a load of 0.7; more must not be inserted.
  explicit Index(std::size_t entries) {
    slots_.reserve(entries + entries * 3 / 7 + 1);
    prefer_large_pages(slots_.data(), slots_.capacity() * sizeof(Slot));
    slots_.resize(slots_.capacity());
  }

  /// Of a key, upper and lower case alike.
  static std::uint32_t hash_of(std::string_view key) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, then mixed, as the upper bits choose the slot
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(ascii_lower(c))) * 0x100000001b3;
    hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
    return static_cast<std::uint32_t>(hash >> 32);
  }

  /// The entry with that hash for which `same(slot)` holds; null if there is none.
  template <class Same>
  const Slot* find(std::uint32_t hash, Same same) const {
    const Slot& slot = slots_[position(hash, same)];
    return slot.line == 0 ? nullptr : &slot;
  }

  /// Adds an entry, unless there is one with that hash for which `same(slot)` holds: that one then, else null.
  template <class Same>
  Slot* insert(const Slot& entry, Same same) {
    Slot& slot = slots_[position(entry.hash, same)];
    if (slot.line != 0) return &slot;
    slot = entry;
    ++size_;
    return nullptr;
  }

  std::size_t size() const { return size_; }

 private:
  /// Where the entry is, or the free slot where it would be.
  template <class Same>
  std::size_t position(std::uint32_t hash, Same same) const {
    auto i = static_cast<std::size_t>((std::uint64_t{hash} * slots_.size()) >> 32);
    while (slots_[i].line != 0 && !(slots_[i].hash == hash && same(slots_[i]))) {
      if (++i == slots_.size()) i = 0;
    }
    return i;
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace shorthop
