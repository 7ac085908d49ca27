#include "daemon/remembered_state.h"

#include <cerrno>
#include <utility>

#include "load/prediction_memory.h"
#include "load/state_file.h"

namespace shorthop {
namespace {

constexpr const char* total_file = "totals";

Written save_if_changed(const std::string& directory, const char* name, std::string text, std::string& saved) {
  if (text == saved) return {};
  Written written = remember_text(directory, name, text);
  if (written) saved = std::move(text);
  return written;
}

}  // namespace

void RememberedState::restore(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  static_cast<void>(take_lock(directory));  // save() tries again, and reports a failure
  const SystemFiles files;
  counters_.add_totals(remembered_text(directory, total_file, files));
  returns_.decode(remembered_text(directory, prediction_file, files));
}

/// Fails only if another process has the lock. After any other failure, the directory is used without a lock.
Written RememberedState::take_lock(const std::string& directory) {
  if (directory.empty() || directory == locked_) return {};
  auto taken = lock_directory(directory);
  if (!taken && taken.error() == EWOULDBLOCK) return std::unexpected(directory + " is used by another shorthopd");
  locked_ = taken ? directory : std::string();
  lock_ = taken ? std::move(*taken) : Descriptor();
  return {};
}

Written RememberedState::save_locked(const std::string& directory) {
  if (Written locked = take_lock(directory); !locked) return locked;
  Written totals = save_if_changed(directory, total_file, counters_.totals(), totals_);
  Written predictions = save_if_changed(directory, prediction_file, returns_.encoded(), predictions_);
  return totals ? predictions : totals;
}

Written RememberedState::save(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  Written saved = save_locked(directory);
  const std::lock_guard failing(failure_mutex_);
  failure_ = saved ? std::string() : saved.error();
  return saved;
}

Written RememberedState::save_if_due(const std::string& directory, Clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (!returns_.take_news() && now < next_) return {};
    next_ = now + interval;
  }
  return save(directory);
}

std::string RememberedState::failure() const {
  const std::lock_guard failing(failure_mutex_);
  return failure_;
}

}  // namespace shorthop
