// Holds the snapshot in force. Any thread may read or replace it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "session/snapshot.h"

namespace shorthop {

class CurrentSnapshot {
 public:
  explicit CurrentSnapshot(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  /// The snapshot for a message that begins now.
  std::shared_ptr<const Snapshot> get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

  void replace(std::shared_ptr<const Snapshot> next) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(next);  // the old one is destroyed without the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace shorthop
