// What the types of tables keep from one load to the next: connections and threads outlive a reload.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tables/types/deadline_lookups.h"

namespace shorthop {

/// Whoever loads again and again owns one; tables share what is in it. Safe to use from several threads at once.
class Backends {
 public:
  /// The look-ups of the table of this name, with their threads. `ask` is for the first who wants them.
  std::shared_ptr<const DeadlineLookups> lookups(const std::string& table, DeadlineLookups::Ask ask);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const DeadlineLookups>> lookups_;
};

}  // namespace shorthop
