// The snapshot in force. Every message asks for it, and seldom it is replaced.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "daemon/per_thread.h"
#include "session/snapshot.h"

namespace shorthop {

class CurrentSnapshot {
 public:
  explicit CurrentSnapshot(std::shared_ptr<const Snapshot> snapshot) { replace(std::move(snapshot)); }

  /// What holds for a message from now on.
  std::shared_ptr<const Snapshot> get() const {
    const Place& place = places_.mine();
    const std::lock_guard lock(place.mutex);
    return place.snapshot;
  }

  /// All later calls of get() in this thread give `next`; those in others do so when this one has returned.
  void replace(std::shared_ptr<const Snapshot> next) {
    places_.each([&](Place& place) {
      std::shared_ptr<const Snapshot> own = with_own_count(next);
      const std::lock_guard lock(place.mutex);
      place.snapshot.swap(own);
    });
  }

 private:
  struct Place {
    mutable std::mutex mutex;
    std::shared_ptr<const Snapshot> snapshot;
  };
  struct alignas(cache_line) Owner {
    std::shared_ptr<const Snapshot> snapshot;
  };

  /// The same snapshot with a count of owners that other places do not change.
  static std::shared_ptr<const Snapshot> with_own_count(const std::shared_ptr<const Snapshot>& snapshot) {
    const auto owner = std::make_shared<const Owner>(snapshot);
    return {owner, owner->snapshot.get()};
  }

  PerThread<Place> places_;
};

}  // namespace shorthop
