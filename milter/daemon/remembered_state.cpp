#include "daemon/remembered_state.h"

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
  const SystemFiles files;
  counters_.add_totals(remembered_text(directory, total_file, files));
  returns_.decode(remembered_text(directory, prediction_file, files));
}

Written RememberedState::save(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  Written totals = save_if_changed(directory, total_file, counters_.totals(), totals_);
  Written predictions = save_if_changed(directory, prediction_file, returns_.encoded(), predictions_);
  Written saved = totals ? std::move(predictions) : std::move(totals);
  const std::lock_guard failing(failure_mutex_);
  failure_ = saved ? std::string() : saved.error();
  return saved;
}

Written RememberedState::save_if_due(const std::string& directory, Clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (!returns_.has_news() && now < next_) return {};
    next_ = now + interval;
  }
  return save(directory);
}

std::string RememberedState::failure() const {
  const std::lock_guard failing(failure_mutex_);
  return failure_;
}

}  // namespace shorthop
