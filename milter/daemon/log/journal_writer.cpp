#include "daemon/log/journal_writer.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace shorthop {
namespace {

constexpr std::chrono::seconds max_journal_wait{1};  // the longest wait in the destructor

}  // namespace

struct JournalWriter::Shared {
  Shared(Send how, std::size_t how_many) : send(std::move(how)), capacity(how_many) {}

  const Send send;
  const std::size_t capacity;
  std::atomic<std::uint64_t> lost = 0;
  std::mutex mutex;
  std::condition_variable work;  // there is something to send, or the thread must end
  std::condition_variable all_sent;
  std::deque<JournalFields> waiting;
  bool is_sending = false;
  bool is_ending = false;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      work.wait(lock, [this] { return is_ending || !waiting.empty(); });
      if (waiting.empty()) return;
      const JournalFields entry = std::move(waiting.front());
      waiting.pop_front();
      is_sending = true;
      lock.unlock();
      if (!send(entry)) ++lost;
      lock.lock();
      is_sending = false;
      if (waiting.empty()) all_sent.notify_all();
    }
  }
};

JournalWriter::JournalWriter(Send send, std::size_t capacity)
    : shared_(std::make_shared<Shared>(std::move(send), capacity)), thread_([shared = shared_] { shared->run(); }) {}

JournalWriter::~JournalWriter() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_ending = true;
  }
  shared_->work.notify_one();
  if (flush(max_journal_wait)) {
    thread_.join();
    return;
  }
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.clear();
  thread_.detach();
}

void JournalWriter::write(JournalFields entry) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() >= shared_->capacity) {
      ++shared_->lost;
      return;
    }
    shared_->waiting.push_back(std::move(entry));
  }
  shared_->work.notify_one();
}

bool JournalWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(shared_->mutex);
  return shared_->all_sent.wait_for(lock, limit, [this] { return shared_->waiting.empty() && !shared_->is_sending; });
}

std::uint64_t JournalWriter::lost() const { return shared_->lost; }

}  // namespace shorthop
