#include "daemon/remembered_state.h"

#include <utility>

#include "load/prediction_memory.h"
#include "load/state_file.h"

namespace shorthop {
namespace {

constexpr const char* total_file = "totals";

void save_if_changed(const std::string& directory, const char* name, std::string text, std::string& saved) {
  if (text != saved && remember_text(directory, name, text)) saved = std::move(text);
}

}  // namespace

void RememberedState::restore(const std::string& directory) {
  const SystemFiles files;
  counters_.add_totals(remembered_text(directory, total_file, files));
  returns_.decode(remembered_text(directory, prediction_file, files));
}

void RememberedState::save(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  save_if_changed(directory, total_file, counters_.totals(), totals_);
  save_if_changed(directory, prediction_file, returns_.encoded(), predictions_);
}

void RememberedState::save_if_due(const std::string& directory, Clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (!returns_.has_news() && now < next_) return;
    next_ = now + interval;
  }
  save(directory);
}

}  // namespace shorthop
