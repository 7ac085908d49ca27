// Open-addressing index of line offsets into a text owned elsewhere; keys are not stored. A slot takes 8 bytes and its
// tag 2. The tags are a separate array, so most misses never touch the slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace shorthop {

/// One step of a hash over words of eight bytes. The result is the same on each run; its upper half depends on all bits
/// of both arguments.
constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
  return hash ^ (hash >> 32);
}

class Index {
 public:
  struct Slot {
    std::uint32_t offset = 0;
    std::uint32_t line = 0;
  };

  /// An index with room for `entries` entries. No more may be inserted.
  explicit Index(std::size_t entries) : slots_(room_for(entries)), tags_(room_for(entries)) {}

  /// The hash of a key, ignoring case.
  static std::uint32_t hash_of(std::string_view key) {
    constexpr std::size_t step = sizeof(std::uint64_t);
    std::uint64_t hash = key.size();
    std::uint64_t rest = 0;
    if (key.size() >= step) {
      const std::uint64_t last = word_of(key.substr(key.size() - step));  // may overlap the bytes before
      for (; key.size() > step; key.remove_prefix(step)) hash = mixed(hash, word_of(key));
      rest = last;
    } else {
      for (const char c : key) rest = (rest << 8) | static_cast<unsigned char>(c);
      rest = folded_word(rest);
    }
    return static_cast<std::uint32_t>(mixed(mixed(hash, rest), 0) >> 32);
  }

  /// The entry with that hash for which `same(slot)` is true, or null. `same` may also be called for other entries with
  /// the same tag.
  template <class Same>
  const Slot* find(std::uint32_t hash, Same same) const {
    prefetch(hash);
    const std::size_t i = position(hash, same);
    return tags_[i] == free_tag ? nullptr : &slots_[i];
  }

  /// Adds an entry. If there is one with that hash for which `same(slot)` is true, returns it instead; else null.
  template <class Same>
  const Slot* insert(std::uint32_t hash, const Slot& entry, Same same) {
    const std::size_t i = position(hash, same);
    if (tags_[i] != free_tag) return &slots_[i];
    tags_[i] = tag_of(hash);
    slots_[i] = entry;
    ++size_;
    return nullptr;
  }

  /// Lets the processor fetch the slot and the tag of a hash in advance. In a large index every slot is a cache miss,
  /// which takes as long as reading the line. Always inlined, because GCC removes a call whose only effect is a
  /// prefetch.
  [[gnu::always_inline]] void prefetch(std::uint32_t hash) const {
    const std::size_t i = slot_of(hash);
    __builtin_prefetch(&tags_[i]);
    __builtin_prefetch(&slots_[i]);
  }

  std::size_t size() const { return size_; }

 private:
  using Tag = std::uint16_t;

  /// The number of slots. With four fifths of them in use, the index takes 12.5 bytes for each entry.
  static std::size_t room_for(std::size_t entries) { return entries + entries / 4 + 1; }

  static std::uint64_t word_of(std::string_view key) {
    std::uint64_t word = 0;
    std::memcpy(&word, key.data(), sizeof word);
    return folded_word(word);
  }

  /// Folds eight bytes at once: the top bit of each byte of `is_upper` marks A to Z.
  static constexpr std::uint64_t folded_word(std::uint64_t word) {
    constexpr std::uint64_t each = 0x0101010101010101;
    const std::uint64_t low_bits = word & (each * 0x7f);
    const std::uint64_t from_a = low_bits + each * (0x80 - 'A');
    const std::uint64_t beyond_z = low_bits + each * (0x7f - 'Z');
    const std::uint64_t is_upper = (from_a ^ beyond_z) & ~word & (each * 0x80);
    return word | (is_upper >> 2);
  }

  std::size_t slot_of(std::uint32_t hash) const {
    return static_cast<std::size_t>((std::uint64_t{hash} * slots_.size()) >> 32);
  }

  /// The slot of the entry, or the free slot where it would be inserted.
  template <class Same>
  std::size_t position(std::uint32_t hash, Same same) const {
    std::size_t i = slot_of(hash);
    const Tag tag = tag_of(hash);
    while (tags_[i] != free_tag && !(tags_[i] == tag && same(slots_[i]))) {
      if (++i == slots_.size()) i = 0;
    }
    return i;
  }

  static constexpr Tag free_tag = 0;

  /// From the lower bits, because the upper bits choose the slot.
  static Tag tag_of(std::uint32_t hash) { return static_cast<Tag>(hash | 1U); }

  std::vector<Slot> slots_;
  std::vector<Tag> tags_;
  std::size_t size_ = 0;
};

}  // namespace shorthop
