// Counts the messages whose edits are being sent. When the daemon stops, the gate admits no more of them. So the daemon
// never ends between the additions and the deletions of one message. (libmilter's threads cannot be joined.)
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace shorthop {

class EditGate {
 public:
  /// Held while one message is edited. False if the gate is shut: then nothing may be sent.
  class Pass {
   public:
    explicit Pass(EditGate& gate) : inside_(gate.inside_) {
      inside_.fetch_add(1);  // count first, then test the flag; shut() sets the flag, then reads the count
      allowed_ = !gate.is_shut_.load();
    }
    ~Pass() { inside_.fetch_sub(1); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    Pass(Pass&&) = delete;
    Pass& operator=(Pass&&) = delete;
    explicit operator bool() const { return allowed_; }

   private:
    std::atomic<int>& inside_;
    bool allowed_ = false;
  };

  bool is_shut() const { return is_shut_.load(); }

  /// Shuts the gate and waits until nothing is inside, or until the time limit; returns whether it is empty.
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
