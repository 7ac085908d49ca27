// The thread that loads. Meanwhile the main loop answers, and a signal ends the daemon at once.
// What a load does is not known here (reload.h).
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

  /// Both run on the loader's thread, one at a time. What they throw ends there.
  struct Work {
    std::function<control::Answer()> load;
    std::function<void()> refresh;
  };
  struct Result {
    Ticket last;  ///< answers all requests up to this one
    control::Answer answer;
  };

  /// Calls `refresh` so often, but never for more than a twentieth of the time.
  explicit Loader(Work work, std::chrono::milliseconds interval = poll_interval);
  /// Waits for the load that runs.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  Loader(Loader&&) = delete;
  Loader& operator=(Loader&&) = delete;

  /// Asks for a load that begins after this call. Requests that come while another load runs share the next one.
  Ticket request();
  /// Readable as soon as there is a result.
  int descriptor() const { return finished_.get(); }
  /// The result of the last load that has ended, once. Never waits.
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
