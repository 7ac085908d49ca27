// Sends log entries to the systemd journal with fields of their own (sd_journal_send(3)), on its own thread: a journal
// that accepts no entries must never delay mail (DESIGN 2.4).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace shorthop {

/// "NAME=value" each.
using JournalFields = std::vector<std::string>;

/// Accepts entries from any thread without waiting. Entries are lost, and counted, if the queue is full or the journal
/// does not take them.
class JournalWriter {
 public:
  static constexpr std::size_t default_capacity = 20'000;  // entries
  /// Sends one entry to the journal; false if the journal did not take it. An example is send_to_journal().
  using Send = std::function<bool(const JournalFields&)>;

  explicit JournalWriter(Send send, std::size_t capacity = default_capacity);
  /// Sends the remaining entries, but does not wait long.
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;
  JournalWriter(JournalWriter&&) = delete;
  JournalWriter& operator=(JournalWriter&&) = delete;

  void write(JournalFields entry);
  /// Waits until all accepted entries are sent; false if the time limit expires first.
  bool flush(std::chrono::milliseconds limit);
  /// The number of entries lost since the start.
  std::uint64_t lost() const;

 private:
  struct Shared;  // shared with the thread; a thread that is stuck in sendmsg(2) may outlive this object
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace shorthop
