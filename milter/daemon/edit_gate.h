// Counts the messages whose edits are being sent, and lets none begin once the daemon stops: so additions and deletions
// of one message are never cut in two by a stop of ours. (libmilter's threads cannot be joined.)
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace shorthop {

class EditGate {
 public:
  /// One message's stay. Tests as false if the gate is shut: then nothing may be sent.
  class Stay {
   public:
    explicit Stay(EditGate& gate) : inside_(gate.inside_) {
      inside_.fetch_add(1);  // first in, then look: shut() does it the other way round
      allowed_ = !gate.is_shut_.load();
    }
    ~Stay() { inside_.fetch_sub(1); }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    Stay(Stay&&) = delete;
    Stay& operator=(Stay&&) = delete;
    explicit operator bool() const { return allowed_; }

   private:
    std::atomic<int>& inside_;
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
