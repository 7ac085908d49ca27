// The thread that loads data. While it loads, the main loop still answers requests, and a signal can end the daemon at
// once. reload.h decides what is loaded.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "control/control_protocol.h"
#include "system/descriptor.h"

namespace shorthop {

/// How often the files are checked for changes.
inline constexpr std::chrono::seconds poll_interval{2};

class Loader {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::uint64_t;

  /// The loader's thread calls these functions, one at a time, and catches their exceptions.
  struct Work {
    std::function<control::Answer()> load;
    std::function<void()> refresh;
  };
  struct Result {
    Ticket last;  ///< answers all requests up to this one
    control::Answer answer;
  };

  /// Calls `refresh` at this interval, but uses at most a twentieth of the time for it.
  explicit Loader(Work work, std::chrono::milliseconds interval = poll_interval);
  /// Waits for a running load to end.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  Loader(Loader&&) = delete;
  Loader& operator=(Loader&&) = delete;

  /// Requests a load that begins after this call. Requests made during another load share the next load.
  Ticket request();
  /// A descriptor that is readable as soon as there is a result.
  int descriptor() const { return finished_.get(); }
  /// The result of the last finished load, returned once. Never waits.
  std::optional<Result> result();

 private:
  void run();
  void run_load(std::unique_lock<std::mutex>& lock);
  void run_refresh(std::unique_lock<std::mutex>& lock);

  const Work work_;
  const std::chrono::milliseconds interval_;
  const Descriptor finished_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Ticket requested_ = 0;
  Ticket done_ = 0;
  std::optional<Result> result_;
  Clock::time_point next_refresh_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace shorthop
