// What every message changes, in several copies: threads on several processors that change the same cache line pass it
// around, which costs each of them more than the change.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace shorthop {

inline constexpr std::size_t cache_line = 64;  // bytes, of most processors

/// A few copies of a thing, of which each thread uses one, which it may share with others.
template <class Thing>
class PerThread {
 public:
  Thing& mine() { return copies_[number_of_this_thread()].thing; }
  const Thing& mine() const { return copies_[number_of_this_thread()].thing; }

  /// Each copy in turn: `use(Thing&)`.
  template <class Use>
  void each(Use use) {
    for (auto& copy : copies_) use(copy.thing);
  }
  template <class Use>
  void each(Use use) const {
    for (const auto& copy : copies_) use(copy.thing);
  }

 private:
  static constexpr std::size_t copies = 8;

  static std::size_t number_of_this_thread() {
    static std::atomic<std::size_t> next = 0;
    thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed) % copies;
    return number;
  }

  struct alignas(cache_line) Copy {
    Thing thing{};
  };
  std::array<Copy, copies> copies_{};
};

}  // namespace shorthop
