// Counts the callbacks that run, and shuts them out at the end: what began before is finished, nothing begins after.
// So the additions and deletions of one message are never cut in two by a stop of ours, and nothing that callbacks
// use is destroyed under them (libmilter's threads cannot be joined).
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace shorthop {

class CallbackGate {
 public:
  /// A callback's stay. Tests as false if the gate is shut: then nothing may be done.
  class Stay {
   public:
    explicit Stay(CallbackGate& gate) : gate_(gate) {
      gate_.inside_.fetch_add(1);  // first in, then look: shut() does it the other way round
      allowed_ = !gate_.is_shut_.load();
    }
    ~Stay() { gate_.inside_.fetch_sub(1); }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    Stay(Stay&&) = delete;
    Stay& operator=(Stay&&) = delete;
    explicit operator bool() const { return allowed_; }

   private:
    CallbackGate& gate_;
    bool allowed_ = false;
  };

  /// Shuts the gate and waits until nobody is inside, or the time is over; whether everybody is out.
  bool shut(std::chrono::milliseconds limit) {
    using namespace std::chrono_literals;
    is_shut_.store(true);
    const auto until = std::chrono::steady_clock::now() + limit;
    while (inside_.load() != 0) {
      if (std::chrono::steady_clock::now() >= until) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

 private:
  std::atomic<int> inside_ = 0;
  std::atomic<bool> is_shut_ = false;
};

}  // namespace shorthop
