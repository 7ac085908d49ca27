#include "daemon/log/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace shorthop {
namespace {

// How long lines are gathered before they are written. The thread wakes at most once in this time, however busy the log
// is.
constexpr std::chrono::milliseconds gathering_time{5};
constexpr std::chrono::seconds max_wait_at_end{1};

std::uint64_t lines_in(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

}  // namespace

struct LineWriter::Shared {
  Shared(int where, std::size_t how_much, Report to_report)
      : descriptor(where), capacity(how_much), report(std::move(to_report)) {}

  const int descriptor;
  const std::size_t capacity;
  const Report report;
  std::atomic<std::uint64_t> lost = 0;
  std::uint64_t reported = 0;   // how many lost lines were reported; only the thread uses this and the next member
  bool is_within_line = false;  // the last write ended inside a line
  std::mutex mutex;
  std::condition_variable work;     // there is something to write, or the thread must end
  std::condition_variable written;  // nothing is left to write
  std::string waiting;
  bool is_writing = false;
  bool is_ending = false;
  std::atomic<bool> is_abandoned = false;  // the descriptor may have been reused

  void run() {
    std::string lines;
    std::unique_lock lock(mutex);
    for (;;) {
      work.wait(lock, [this] { return is_ending || !waiting.empty(); });
      if (waiting.empty()) return;
      is_writing = true;
      if (!is_ending) work.wait_for(lock, gathering_time, [this] { return is_ending; });
      lines.clear();
      lines.swap(waiting);
      lock.unlock();
      write_out(lines);
      lock.lock();
      is_writing = false;
      if (waiting.empty()) written.notify_all();
    }
  }

  /// Waits until a non-blocking (inherited) descriptor is writable. False if the descriptor accepts nothing more.
  bool wait_for_room() const {
    constexpr int a_moment = 100;  // milliseconds
    pollfd writable{descriptor, POLLOUT, 0};
    ::poll(&writable, 1, a_moment);
    return (writable.revents & (POLLERR | POLLNVAL)) == 0;
  }

  /// Returns what could not be written: the reader is gone, or the disk is full.
  std::string_view write_some(std::string_view text) {
    while (!text.empty() && !is_abandoned) {
      const ssize_t count = ::write(descriptor, text.data(), text.size());
      if (count < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_room()))) continue;
      if (count <= 0) break;
      is_within_line = text[static_cast<std::size_t>(count) - 1] != '\n';
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return text;
  }

  /// Reports lost lines, if any; false if that could not be written either.
  bool report_lost() {
    if (is_within_line && !write_some("\n").empty()) return false;
    const std::uint64_t lost_now = lost;
    if (lost_now == reported || !report) return true;
    if (!write_some(report(lost_now - reported)).empty()) return false;
    reported = lost_now;
    return true;
  }

  void write_out(std::string_view lines) { lost += lines_in(report_lost() ? write_some(lines) : lines); }
};

LineWriter::LineWriter(int descriptor, std::size_t capacity, Report report)
    : shared_(std::make_shared<Shared>(descriptor, capacity, std::move(report))),
      thread_([shared = shared_] { shared->run(); }) {}

LineWriter::~LineWriter() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_ending = true;
  }
  shared_->work.notify_one();
  if (flush(max_wait_at_end)) {
    thread_.join();
    return;
  }
  const std::lock_guard lock(shared_->mutex);
  shared_->is_abandoned = true;
  shared_->waiting.clear();
  thread_.detach();
}

bool LineWriter::write(std::string_view lines) {
  bool is_asleep = false;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() + lines.size() > shared_->capacity) {
      shared_->lost += lines_in(lines);
      return false;
    }
    is_asleep = shared_->waiting.empty() && !shared_->is_writing;
    shared_->waiting.append(lines);
  }
  if (is_asleep) shared_->work.notify_one();
  return true;
}

bool LineWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(shared_->mutex);
  return shared_->written.wait_for(lock, limit, [this] { return shared_->waiting.empty() && !shared_->is_writing; });
}

std::uint64_t LineWriter::lost() const { return shared_->lost; }

}  // namespace shorthop
