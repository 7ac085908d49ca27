#include "daemon/loader.h"

#include <sys/eventfd.h>
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace shorthop {
namespace {

constexpr int pause_factor = 20;  // the pause is at least this multiple of the last refresh's duration

Descriptor new_eventfd() {
  Descriptor descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!descriptor.is_open()) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

Loader::Loader(Work work, std::chrono::milliseconds interval)
    : work_(std::move(work)),
      interval_(interval),
      finished_(new_eventfd()),
      next_refresh_(Clock::now() + interval),
      thread_([this] { run(); }) {}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Loader::Ticket Loader::request() {
  const std::lock_guard lock(mutex_);
  wake_.notify_one();
  return ++requested_;
}

std::optional<Loader::Result> Loader::result() {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(finished_.get(), &ignored));
  const std::lock_guard lock(mutex_);
  return std::exchange(result_, std::nullopt);
}

void Loader::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_until(lock, next_refresh_, [this] { return is_ending_ || requested_ > done_; });
    if (is_ending_) return;
    if (requested_ > done_) {
      run_load(lock);
    } else {
      run_refresh(lock);
    }
  }
}

void Loader::run_load(std::unique_lock<std::mutex>& lock) {
  const Ticket last = requested_;
  control::Answer answer;
  lock.unlock();
  try {
    answer = work_.load();
  } catch (const std::exception& bug) {
    answer = {std::string("internal error: ") + bug.what() + "\n", EX_SOFTWARE};
  }
  lock.lock();
  done_ = last;
  result_ =
      Result{last, std::move(answer)};  // if an earlier result was not fetched yet, this one answers its requests too
  ::eventfd_write(finished_.get(), 1);
}

void Loader::run_refresh(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const auto start = Clock::now();
  try {
    work_.refresh();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): refresh() logs failures; the next one tries again
  }
  const auto end = Clock::now();
  lock.lock();
  next_refresh_ = end + std::max<Clock::duration>(interval_, pause_factor * (end - start));
}

}  // namespace shorthop
