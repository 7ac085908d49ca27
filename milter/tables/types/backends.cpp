#include "tables/types/backends.h"

#include <utility>

namespace shorthop {

std::shared_ptr<const DeadlineLookups> Backends::lookups(const std::string& table, DeadlineLookups::Ask ask) {
  const std::lock_guard lock(mutex_);
  auto& known = lookups_[table];
  if (known == nullptr) {
    known = std::make_shared<const DeadlineLookups>(std::move(ask));
  } else {
    known->forget();  // a load sees what there is now
  }
  return known;
}

}  // namespace shorthop
