// Writes lines to a descriptor on its own thread, because the descriptor may be slow or stuck and a log must never
// delay mail (DESIGN 2.4). Under load, one write(2) writes the lines of many messages, which is cheaper than one call
// for each.
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

/// Accepts lines from any thread without waiting for the descriptor. Lines are lost, and counted, in two cases: the
/// reader does not read and the buffer is full, or the descriptor accepts no more, as on a full disk.
class LineWriter {
 public:
  static constexpr std::size_t default_capacity = std::size_t{4} << 20;  // bytes: about 30,000 lines
  /// Makes the line that reports lost lines. It is written once, as soon as lines can be written again, and before the
  /// next line.
  using Report = std::function<std::string(std::uint64_t lost)>;

  explicit LineWriter(int descriptor, std::size_t capacity = default_capacity, Report report = {});
  /// Writes the remaining lines, but does not wait long for a reader that does not read.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  LineWriter(LineWriter&&) = delete;
  LineWriter& operator=(LineWriter&&) = delete;

  /// `lines` are whole lines; either all of them are accepted or none (false).
  bool write(std::string_view lines);
  /// Waits until all accepted lines are written; false if the time limit expires first.
  bool flush(std::chrono::milliseconds limit);
  /// The number of lines lost since the start.
  std::uint64_t lost() const;

 private:
  struct Shared;  // shared with the thread; a thread that is stuck in write(2) may outlive this object
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace shorthop
