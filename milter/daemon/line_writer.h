// Lines to a descriptor that may be slow or stuck, written by a thread of its own: a log must never hold up mail
// (DESIGN 2.4), and under load one write for the lines of many messages is cheaper than one for each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace shorthop {

/// Takes lines from any thread without waiting for the descriptor. Lines are lost, and counted, when the buffer is full
/// because the reader stays away, and when the descriptor takes no more, as on a full disk.
class LineWriter {
 public:
  static constexpr std::size_t default_capacity = std::size_t{4} << 20;  // bytes: some 30,000 lines
  /// The line that tells of so many lost ones; it is written once, before the first lines that come through again.
  using Report = std::function<std::string(std::uint64_t lost)>;

  explicit LineWriter(int descriptor, std::size_t capacity = default_capacity, Report report = {});
  /// Writes what is left, but does not wait long for a reader that stays away.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  LineWriter(LineWriter&&) = delete;
  LineWriter& operator=(LineWriter&&) = delete;

  /// Whole lines; all of them are taken, or none (false).
  bool write(std::string_view lines);
  /// Waits until everything that was taken is written; whether it is.
  bool flush(std::chrono::milliseconds limit);
  /// How many lines were lost since the start.
  std::uint64_t lost() const;

 private:
  struct Shared;  // the thread's as well: it may outlive this object, stuck in write(2)
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace shorthop
